package dev.spillway.dispatch.wiring;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers what none of the APIs on this port answers, in AWS's error shape. */
final class ForeignRequests {
  private static final Pattern SERVICE =
      Pattern.compile("Credential=[^/,]*/[0-9]{8}/[^/,]*/([a-z0-9-]+)/aws4_request");

  private ForeignRequests() {}

  /** A request that was signed for S3 is at the wrong port, whatever its path. */
  @ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
  static final class SignedForS3 {
    private final ServerAddress address;

    SignedForS3(ServerAddress address) {
      this.address = address;
    }

    @RequestFilter
    @Nullable
    HttpResponse<?> refuse(HttpRequest<?> request) {
      String authorization = request.getHeaders().get("Authorization");
      Matcher service = SERVICE.matcher(authorization == null ? "" : authorization);
      return service.find() && service.group(1).equals("s3")
          ? answer(
              HttpStatus.BAD_REQUEST,
              "ValidationException",
              "This request is signed for S3, which has its own port: send it to "
                  + address.s3()
                  + ".")
          : null;
    }
  }

  /** Health, and the errors of no controller. */
  @Controller
  static final class Rest {
    private final ServerAddress address;

    Rest(ServerAddress address) {
      this.address = address;
    }

    @Get("/healthz")
    HttpResponse<String> health() {
      ObjectNode body =
          JsonNodeFactory.instance
              .objectNode()
              .put("status", "UP")
              .put("s3", address.s3().toString())
              .put("runner", address.runner());
      return HttpResponse.ok(body.toString()).contentType(MediaType.APPLICATION_JSON_TYPE);
    }

    @Error(status = HttpStatus.NOT_FOUND, global = true)
    HttpResponse<String> notFound(HttpRequest<?> request) {
      return answer(
          HttpStatus.NOT_FOUND,
          "ResourceNotFoundException",
          "There is nothing at " + request.getMethod() + " " + request.getPath() + ".");
    }

    @Error(status = HttpStatus.METHOD_NOT_ALLOWED, global = true)
    HttpResponse<String> wrongMethod(HttpRequest<?> request) {
      return answer(
          HttpStatus.METHOD_NOT_ALLOWED,
          "ValidationException",
          request.getPath() + " does not take " + request.getMethod() + ".");
    }

    @Error(status = HttpStatus.UNSUPPORTED_MEDIA_TYPE, global = true)
    HttpResponse<String> wrongMediaType(HttpRequest<?> request) {
      return answer(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "UnsupportedMediaTypeException",
          request.getPath() + " takes application/json.");
    }

    @Error(status = HttpStatus.REQUEST_ENTITY_TOO_LARGE, global = true)
    HttpResponse<String> tooLarge(HttpRequest<?> request) {
      return answer(
          HttpStatus.REQUEST_ENTITY_TOO_LARGE,
          "RequestTooLargeException",
          "The request body is larger than this server takes.");
    }
  }

  static MutableHttpResponse<String> answer(HttpStatus status, String type, String message) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("__type", type).put("message", message);
    return HttpResponse.<String>status(status)
        .body(body.toString())
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header("x-amzn-ErrorType", type)
        .header("x-amzn-RequestId", UUID.randomUUID().toString());
  }
}
