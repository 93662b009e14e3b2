package dev.spillway.batch.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.Json;
import java.io.IOException;

/** Reads the JSON object that a request holds. */
final class RequestBody {
  static final int MAX_BYTES = 1024 * 1024;

  /** Strict: of a member that came twice, nobody could say which one was meant. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private RequestBody() {}

  /** No bytes are an empty object. */
  static ObjectNode read(byte[] body) {
    if (body.length == 0) {
      return Json.object();
    }
    if (body.length > MAX_BYTES) {
      throw new BatchApiException(
          "RequestEntityTooLargeException",
          413,
          "The request has %d bytes; the maximum is %d.".formatted(body.length, MAX_BYTES));
    }
    JsonNode tree;
    try (JsonParser parser = JSON.createParser(body)) {
      tree = JSON.readTree(parser);
      if (tree != null && parser.nextToken() != null) {
        throw BatchApiException.client("The request has more text after its JSON object.");
      }
    } catch (JsonProcessingException e) {
      throw BatchApiException.client("The request is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw BatchApiException.client("The request cannot be read: " + e.getMessage());
    }
    if (!(tree instanceof ObjectNode object)) {
      throw BatchApiException.client("The request should be a JSON object.");
    }
    // No store keeps half a pair, and nothing that runs can be given a NUL.
    Json.unfit(object)
        .ifPresent(
            unfit -> {
              throw BatchApiException.client(
                  "%s is %s; it %s."
                      .formatted(unfit.path(), Json.shown(unfit.text()), unfit.rule()));
            });
    return object;
  }
}
