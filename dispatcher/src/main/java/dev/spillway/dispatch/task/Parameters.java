package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** Reads the values of Batch parameters out of a payload. Paths are {@code $.a.b}. */
final class Parameters {
  private Parameters() {}

  /**
   * The values by parameter. What the payload does not have is left to the definition's default.
   *
   * @throws RefusedException for a value that is no text, number or boolean, or cannot be in a
   *     command
   */
  static Map<String, String> of(Map<String, String> paths, byte[] payload) {
    Map<String, String> values = new TreeMap<>();
    if (paths.isEmpty()) {
      return values;
    }
    JsonNode tree;
    try {
      tree = DocumentReader.JSON.readTree(payload);
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      throw RefusedException.invalid(
          "payload", "", "payload: is not JSON, and parameters are read from it.");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    paths.forEach(
        (name, path) -> {
          JsonNode value = at(tree, path);
          if (value.isMissingNode() || value.isNull()) {
            return;
          }
          if (!value.isValueNode() || value.asText().indexOf('\0') >= 0) {
            throw RefusedException.invalid(
                "payload",
                Members.shown(value),
                "payload: "
                    + path
                    + " is the parameter "
                    + name
                    + " and must be a text without a zero byte, a number or a boolean.");
          }
          values.put(name, value.asText());
        });
    return values;
  }

  static JsonNode at(JsonNode tree, String path) {
    JsonNode node = tree;
    for (String member : path.replaceFirst("^\\$\\.?", "").split("\\.")) {
      if (!member.isEmpty()) {
        node = node.path(member);
      }
    }
    return node;
  }
}
