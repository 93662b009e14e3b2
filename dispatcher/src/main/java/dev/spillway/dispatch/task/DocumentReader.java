package dev.spillway.dispatch.task;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;

/** Reads the text of a document into a tree: JSON, or YAML with the same names. */
public final class DocumentReader {
  /** Reads and writes trees; big numbers keep their digits. */
  public static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private DocumentReader() {}

  /** Reads JSON. */
  public static JsonNode json(byte[] body) {
    return read(JSON, body, "JSON");
  }

  /** Reads JSON that was written by us. */
  public static JsonNode json(String text) {
    return json(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** Reads one YAML document. */
  public static JsonNode yaml(byte[] body) {
    return read(YAML, body, "YAML");
  }

  private static JsonNode read(ObjectMapper mapper, byte[] body, String language) {
    JsonNode tree;
    try (JsonParser parser = mapper.createParser(body)) {
      // Not the mapper's own check of what follows: its message is about Jackson.
      tree =
          mapper.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readTree(parser);
      if (tree != null && parser.nextToken() != null) {
        throw RefusedException.invalid(
            "", "", "The body has more than one " + language + " document. Send one.");
      }
    } catch (JacksonException e) {
      throw RefusedException.invalid("", "", "The body is not " + language + where(e) + ".");
    } catch (IOException | RuntimeException e) {
      if (e instanceof RefusedException refused) {
        throw refused;
      }
      throw RefusedException.invalid("", "", "The body cannot be read as " + language + ".");
    }
    if (tree == null || tree instanceof MissingNode || tree.isNull()) {
      throw RefusedException.invalid("", "", "The body is empty. Send a task document.");
    }
    return tree;
  }

  private static String where(JacksonException e) {
    String said = e.getOriginalMessage();
    String problem = said == null ? "" : ": " + said.lines().findFirst().orElse("");
    return e.getLocation() == null
        ? problem
        : " at line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + problem;
  }
}
