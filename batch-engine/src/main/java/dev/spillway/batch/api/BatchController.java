package dev.spillway.batch.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.wire.Json;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URLDecoder;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The AWS Batch REST API.
 *
 * <p>Shape: JSON in, JSON out, as raw bytes: malformed input is answered here, in AWS's shape. <br>
 * Errors: header {@code x-amzn-ErrorType}, body {@code {"message": ...}}. <br>
 * Source: AWS REST-JSON 1; API 2016-08-10.
 */
@Requires(beans = BatchSettings.class)
@Controller("/v1")
@ExecuteOn(TaskExecutors.BLOCKING)
@Consumes(MediaType.ALL)
@Produces(MediaType.APPLICATION_JSON)
public class BatchController {
  private static final String TAGS_PATH = "/v1/tags/";

  private static final Logger LOG = LoggerFactory.getLogger(BatchController.class);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BatchOperations operations;

  public BatchController(BatchOperations operations) {
    this.operations = operations;
  }

  @Post("/{operation}")
  public HttpResponse<byte[]> call(@PathVariable String operation, HttpRequest<byte[]> http) {
    return answer(operation, () -> RequestBody.read(http.getBody().orElse(new byte[0])));
  }

  private HttpResponse<byte[]> answer(String operation, Supplier<ObjectNode> request) {
    String requestId = UUID.randomUUID().toString();
    try {
      return HttpResponse.ok(bytes(operations.call(operation, request.get())))
          .header("x-amzn-RequestId", requestId);
    } catch (PrefixedRefusal e) {
      return error(e, e.requestId());
    } catch (BatchApiException e) {
      return error(e, requestId);
    } catch (RuntimeException e) {
      LOG.error("{} failed, request {}", operation, requestId, e);
      return error(
          new BatchApiException(
              "ServerException", 500, "This is a fault of the server; its log says more."),
          requestId);
    }
  }

  /** The tag operations are told apart by method; the ARN is one segment, encoded or not. */
  @Get("/tags/{+arn}")
  public HttpResponse<byte[]> listTags(HttpRequest<?> http) {
    return answer("listtagsforresource", () -> tagged(http, Json.object()));
  }

  @Post("/tags/{+arn}")
  public HttpResponse<byte[]> tag(HttpRequest<byte[]> http) {
    return answer(
        "tagresource", () -> tagged(http, RequestBody.read(http.getBody().orElse(new byte[0]))));
  }

  @Delete("/tags/{+arn}")
  public HttpResponse<byte[]> untag(HttpRequest<?> http) {
    return answer(
        "untagresource",
        () -> {
          ObjectNode request = tagged(http, Json.object());
          http.getParameters().getAll("tagKeys").forEach(request.withArray("tagKeys")::add);
          return request;
        });
  }

  /** Decoded once, from the raw path: an ARN holds slashes and colons, and may hold a percent. */
  private static ObjectNode tagged(HttpRequest<?> http, ObjectNode request) {
    String raw = http.getUri().getRawPath();
    String arn = raw.substring(raw.indexOf(TAGS_PATH) + TAGS_PATH.length());
    try {
      String decoded = URLDecoder.decode(arn.replace("+", "%2B"), UTF_8);
      if (!Json.fit(decoded)) {
        throw BatchApiException.client("The ARN in the path holds a NUL, which no text may.");
      }
      return request.put("resourceArn", decoded);
    } catch (IllegalArgumentException e) {
      throw BatchApiException.client(
          "The ARN in the path is not percent-encoded well: " + e.getMessage());
    }
  }

  private static HttpResponse<byte[]> error(BatchApiException e, String requestId) {
    MutableHttpResponse<byte[]> response =
        HttpResponse.<byte[]>status(HttpStatus.valueOf(e.status()))
            .body(bytes(Json.object().put("message", e.getMessage())))
            .header("x-amzn-RequestId", requestId)
            .header("x-amzn-ErrorType", e.errorType());
    return e.status() == 429 || e.status() == 503 ? response.header("Retry-After", "1") : response;
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer could not be written", e);
    }
  }
}
