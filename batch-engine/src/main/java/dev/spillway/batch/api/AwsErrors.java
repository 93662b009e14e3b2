package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micronaut.context.annotation.Primary;
import io.micronaut.core.annotation.Order;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import io.netty.handler.codec.compression.DecompressionException;
import jakarta.inject.Singleton;
import java.util.UUID;

/** What no controller answers, in AWS's error shape. */
public final class AwsErrors {
  private static final String ERROR_TYPE = "x-amzn-ErrorType";

  private AwsErrors() {}

  /** A refusal with type, message and a request id of its own. */
  public static MutableHttpResponse<String> answer(HttpStatus status, String type, String message) {
    return filled(HttpResponse.status(status), type, message);
  }

  private static MutableHttpResponse<String> filled(
      MutableHttpResponse<?> response, String type, String message) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("__type", type).put("message", message);
    return response
        .body(body.toString())
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(ERROR_TYPE, type)
        .header("x-amzn-RequestId", UUID.randomUUID().toString());
  }

  /** Unknown paths, wrong methods, bad heads and bodies. */
  @Primary
  @Singleton
  static final class Unanswered implements ErrorResponseProcessor<String> {
    @Override
    public MutableHttpResponse<String> processResponse(
        ErrorContext context, MutableHttpResponse<?> response) {
      HttpRequest<?> request = context.getRequest();
      HttpStatus status = HttpStatus.valueOf(response.code());
      MutableHttpResponse<String> answer =
          switch (status) {
            case NOT_FOUND ->
                answer(
                    status,
                    "ResourceNotFoundException",
                    "There is nothing at " + request.getMethod() + " " + request.getPath() + ".");
            case METHOD_NOT_ALLOWED ->
                answer(
                    status,
                    "ValidationException",
                    request.getPath() + " does not take " + request.getMethod() + ".");
            case UNSUPPORTED_MEDIA_TYPE ->
                answer(
                    status,
                    "UnsupportedMediaTypeException",
                    request.getPath() + " does not take this Content-Type; send application/json.");
            case REQUEST_ENTITY_TOO_LARGE ->
                answer(
                    status,
                    "RequestTooLargeException",
                    "The request body is larger than this server takes.");
            default ->
                status.getCode() >= HttpStatus.INTERNAL_SERVER_ERROR.getCode()
                    ? answer(status, "InternalServerException", "This is a fault of the server.")
                    : answer(status, "ValidationException", sentence(context, status));
          };
      response.getHeaders().forEach((name, values) -> values.forEach(v -> keep(answer, name, v)));
      return answer;
    }

    private static void keep(MutableHttpResponse<?> answer, String name, String value) {
      if (!answer.getHeaders().contains(name)) {
        answer.header(name, value);
      }
    }

    private static String sentence(ErrorContext context, HttpStatus status) {
      return context.getErrors().isEmpty()
          ? status.getReason() + "."
          : context.getErrors().getFirst().getMessage();
    }
  }

  /** A body that is not compressed as its head says is the caller's fault. */
  @Singleton
  static final class NotCompressed
      implements ExceptionHandler<DecompressionException, HttpResponse<?>> {
    @Override
    @SuppressWarnings("rawtypes") // as the interface has it
    public HttpResponse<?> handle(HttpRequest request, DecompressionException e) {
      return answer(
          HttpStatus.BAD_REQUEST,
          "ValidationException",
          "The body is not compressed as Content-Encoding says: " + e.getMessage());
    }
  }

  /** Refusals of other filters, which may have no body: a foreign Origin, for one. */
  @ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
  @Order(Ordered.HIGHEST_PRECEDENCE)
  static final class Silent {
    @ResponseFilter
    void fill(HttpRequest<?> request, MutableHttpResponse<?> response) {
      if (response.code() >= 400
          && response.getBody().isEmpty()
          && !response.getHeaders().contains(ERROR_TYPE)) {
        filled(
            response,
            response.code() == 403 ? "AccessDeniedException" : "ValidationException",
            response.code() == 403
                ? "This server does not answer to the Origin of this request."
                : "The request was refused.");
      }
    }
  }
}
