package dev.spillway.dispatch.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.task.Fault;
import dev.spillway.dispatch.task.RefusedException;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shape of every answer: JSON with a request id, and AWS's error shape for a refusal. What is
 * not a refusal is our fault: 500, and the log says more under the same request id.
 */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Answers() {}

  static MutableHttpResponse<byte[]> guarded(Supplier<MutableHttpResponse<byte[]>> answer) {
    String requestId = UUID.randomUUID().toString();
    try {
      return answer.get().header("x-amzn-RequestId", requestId);
    } catch (RefusedException e) {
      return refused(e).header("x-amzn-RequestId", requestId);
    } catch (RuntimeException e) {
      LOG.error("request {} failed", requestId, e);
      return failure().header("x-amzn-RequestId", requestId);
    }
  }

  static MutableHttpResponse<byte[]> json(HttpStatus status, JsonNode body) {
    return HttpResponse.<byte[]>status(status)
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .body(bytes(body.toString()));
  }

  static MutableHttpResponse<byte[]> text(String body) {
    return HttpResponse.<byte[]>ok(bytes(body)).contentType("text/plain; charset=utf-8");
  }

  static MutableHttpResponse<byte[]> refused(RefusedException e) {
    ObjectNode body =
        NODES.objectNode().put("__type", e.kind().errorType()).put("message", e.getMessage());
    if (!e.faults().isEmpty()) {
      Fault first = e.faults().getFirst();
      body.put("field", first.field()).put("value", first.value());
      ArrayNode errors = body.putArray("errors");
      e.faults()
          .forEach(
              f ->
                  errors
                      .addObject()
                      .put("field", f.field())
                      .put("value", f.value())
                      .put("message", f.message()));
    }
    MutableHttpResponse<byte[]> response =
        json(HttpStatus.valueOf(e.kind().status()), body)
            .header("x-amzn-ErrorType", e.kind().errorType());
    return e.kind() == RefusedException.Kind.TOO_MANY
            || e.kind() == RefusedException.Kind.UNAVAILABLE
        ? response.header("Retry-After", "1")
        : response;
  }

  static MutableHttpResponse<byte[]> failure() {
    return json(
            HttpStatus.INTERNAL_SERVER_ERROR,
            NODES
                .objectNode()
                .put("__type", "InternalServerException")
                .put("message", "This is a fault of the server; its log says more."))
        .header("x-amzn-ErrorType", "InternalServerException");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
