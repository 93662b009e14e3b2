package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts a job's parameters for {@code Ref::name} in commands. Source: user guide, job definition
 * parameters.
 */
final class Parameters {
  private static final Pattern REF = Pattern.compile("Ref::([a-zA-Z0-9_-]+)");

  private Parameters() {}

  /** In the command of one container. */
  static void substitute(ObjectNode container, ObjectNode parameters) {
    JsonNode command = container.get("command");
    if (command == null || command.isNull()) {
      return;
    }
    ArrayNode substituted = container.arrayNode();
    for (JsonNode element : command) {
      Matcher refs = REF.matcher(element.textValue());
      substituted.add(
          refs.replaceAll(
              ref -> {
                JsonNode value = parameters.get(ref.group(1));
                if (value == null) {
                  throw BatchApiException.client(
                      "Unable to substitute value. No parameter found for reference "
                          + ref.group(1));
                }
                ProcessTexts.check("parameters." + ref.group(1), value.textValue());
                return Matcher.quoteReplacement(value.textValue());
              }));
    }
    container.set("command", substituted);
  }
}
