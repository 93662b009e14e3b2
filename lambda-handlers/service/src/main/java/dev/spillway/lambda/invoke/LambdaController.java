package dev.spillway.lambda.invoke;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.EventQueue;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.invoke.LambdaWire.Answer;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Error;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Every path that begins with a date is Lambda's: this controller takes them all, so that what is
 * not served gets an answer in Lambda's shape too. Bytes in, bytes out; {@link LambdaWire} decides.
 */
@Requires(beans = LambdaSettings.class)
@Controller("/{date:20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]}")
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL)
@ExecuteOn(TaskExecutors.BLOCKING)
class LambdaController {
  private static final String REST = "/{+rest}";

  private final LambdaWire wire;

  LambdaController(FunctionService functions, FunctionCatalogue catalogue, EventQueue events) {
    this.wire = new LambdaWire(functions, catalogue, events);
  }

  @Get(REST)
  CompletableFuture<HttpResponse<byte[]>> get(HttpRequest<?> request, String date, String rest) {
    return answer(request, new byte[0]);
  }

  @Post(REST)
  CompletableFuture<HttpResponse<byte[]>> post(
      HttpRequest<byte[]> request, String date, String rest) {
    return answer(request, request.getBody().orElse(new byte[0]));
  }

  @Put(REST)
  CompletableFuture<HttpResponse<byte[]>> put(
      HttpRequest<byte[]> request, String date, String rest) {
    return answer(request, request.getBody().orElse(new byte[0]));
  }

  @Delete(REST)
  CompletableFuture<HttpResponse<byte[]>> delete(
      HttpRequest<byte[]> request, String date, String rest) {
    return answer(request, request.getBody().orElse(new byte[0]));
  }

  @Error(exception = ContentLengthExceededException.class)
  HttpResponse<byte[]> tooLarge(HttpRequest<?> request, ContentLengthExceededException e) {
    return response(
        LambdaWire.error(
            UUID.randomUUID().toString(),
            new LambdaException("RequestTooLargeException", 413, e.getMessage())));
  }

  private CompletableFuture<HttpResponse<byte[]>> answer(HttpRequest<?> request, byte[] body) {
    Map<String, String> headers = new HashMap<>();
    request
        .getHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    Map<String, List<String>> query = new HashMap<>();
    request.getParameters().forEach(query::put);
    return wire.answer(
            new LambdaWire.Request(
                UUID.randomUUID().toString(),
                request.getMethodName(),
                request.getUri().getRawPath(),
                query,
                headers,
                body,
                List.of()))
        .thenApply(LambdaController::response);
  }

  private static HttpResponse<byte[]> response(Answer answer) {
    var response = HttpResponse.<byte[]>status(answer.status(), null).body(answer.body());
    answer.headers().forEach(response::header);
    return response;
  }
}
