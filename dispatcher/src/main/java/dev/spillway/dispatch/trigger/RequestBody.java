package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.task.DocumentReader;
import dev.spillway.dispatch.task.RefusedException;
import io.micronaut.http.HttpRequest;
import java.util.Locale;
import java.util.Optional;

/** Reads the body of a request by its content type. */
final class RequestBody {
  private static final int MOST_REASON = 1_024;

  private RequestBody() {}

  /** The body as a tree, by its content type. */
  static JsonNode document(HttpRequest<byte[]> request) {
    byte[] body = request.getBody().orElse(new byte[0]);
    String type =
        Optional.ofNullable(request.getHeaders().get("Content-Type"))
            .map(t -> t.split(";", -1)[0].strip().toLowerCase(Locale.ROOT))
            .orElse("");
    return switch (type) {
      case "application/json", "" -> DocumentReader.json(body);
      case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml" ->
          DocumentReader.yaml(body);
      default ->
          throw new RefusedException(
              RefusedException.Kind.MEDIA_TYPE,
              "Content-Type "
                  + (type.length() > 100 ? type.substring(0, 100) : type)
                  + " is not read. Send application/json or application/yaml.");
    };
  }

  /** Whether only what failed is to run again; a body that is not there says no. */
  static boolean failedOnly(HttpRequest<byte[]> request) {
    if (request.getBody().map(b -> b.length).orElse(0) == 0) {
      return false;
    }
    JsonNode body = document(request);
    JsonNode failedOnly = body.path("failedOnly");
    boolean empty = body.isObject() && body.isEmpty();
    boolean alone = body.isObject() && body.size() == 1 && failedOnly.isBoolean();
    if (!empty && !alone) {
      throw RefusedException.invalid(
          "failedOnly",
          "",
          "failedOnly: send {\"failedOnly\": true} or {\"failedOnly\": false}, and nothing beside it.");
    }
    return failedOnly.booleanValue();
  }

  /** Why something is to be stopped. */
  static String reason(HttpRequest<byte[]> request) {
    JsonNode body = document(request);
    JsonNode reason = body.path("reason");
    boolean alone = body.isObject() && body.size() == 1;
    if (!alone
        || !reason.isTextual()
        || reason.textValue().isBlank()
        || reason.textValue().length() > MOST_REASON) {
      throw RefusedException.invalid(
          "reason",
          "",
          "reason: send {\"reason\": \"…\"} with 1 to 1,024 characters, and nothing beside it.");
    }
    return reason.textValue();
  }
}
