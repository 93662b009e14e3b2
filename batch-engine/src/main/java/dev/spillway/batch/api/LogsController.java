package dev.spillway.batch.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.logs.CloudWatchLogs;
import dev.spillway.batch.logs.LogsException;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.io.IOException;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CloudWatch Logs API.
 *
 * <p>Shape: AWS JSON 1.1: the operation stands in {@code X-Amz-Target}, {@code Logs_20140328.…}.
 * <br>
 * Errors: 400, {@code {"__type": …, "message": …}}.
 */
@Requires(beans = BatchSettings.class)
@Controller("/")
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces("application/x-amz-json-1.1")
public class LogsController {
  /** What the operations of this API are called after. */
  public static final String TARGET = "Logs_20140328.";

  private static final Logger LOG = LoggerFactory.getLogger(LogsController.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CloudWatchLogs logs;

  public LogsController(CloudWatchLogs logs) {
    this.logs = logs;
  }

  @Post
  public HttpResponse<byte[]> call(HttpRequest<byte[]> http) {
    String requestId = UUID.randomUUID().toString();
    String target = http.getHeaders().get("X-Amz-Target");
    try {
      if (target == null || !target.startsWith(TARGET)) {
        throw LogsException.unknown("A request without an X-Amz-Target of Logs_20140328");
      }
      ObjectNode request = object(http.getBody().orElse(new byte[0]));
      return answer(
          HttpResponse.ok(), logs.call(target.substring(TARGET.length()), request), requestId);
    } catch (LogsException e) {
      return error(HttpResponse.badRequest(), e.errorType(), e.getMessage(), requestId);
    } catch (RuntimeException e) {
      LOG.error("{} failed, request {}", target, requestId, e);
      return error(
          HttpResponse.serverError(),
          "ServiceUnavailableException",
          "This is a fault of the server; its log says more.",
          requestId);
    }
  }

  private static ObjectNode object(byte[] body) {
    try {
      JsonNode json = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
      if (json instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      // Said below.
    }
    throw LogsException.invalid("The body is no JSON object.");
  }

  private static HttpResponse<byte[]> error(
      MutableHttpResponse<?> response, String type, String message, String requestId) {
    return answer(
        response.header("x-amzn-ErrorType", type),
        JSON.createObjectNode().put("__type", type).put("message", message),
        requestId);
  }

  private static HttpResponse<byte[]> answer(
      MutableHttpResponse<?> response, ObjectNode body, String requestId) {
    try {
      return response.body(JSON.writeValueAsBytes(body)).header("x-amzn-RequestId", requestId);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer could not be written", e);
    }
  }
}
