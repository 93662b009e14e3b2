package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.lambda.function.EventQueue;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The AWS Lambda wire API as a function of plain values: a request in, an answer out.
 *
 * <p>Errors: every one in Lambda's shape (header x-amzn-ErrorType, body with Type and message).
 * Source: AWS Lambda API 2015-03-31.
 */
final class LambdaWire {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] NOTHING = new byte[0];

  private final Routes routes = new Routes();

  /**
   * A request.
   *
   * @param path raw, as sent
   * @param query decoded
   * @param headers names in lower case
   * @param arguments of the path, decoded
   */
  record Request(
      String requestId,
      String method,
      String path,
      Map<String, List<String>> query,
      Map<String, String> headers,
      byte[] body,
      List<String> arguments) {

    Request with(List<String> newArguments) {
      return new Request(requestId, method, path, query, headers, body, newArguments);
    }

    Optional<String> param(String name) {
      return Optional.ofNullable(query.get(name)).map(List::getFirst).filter(v -> !v.isEmpty());
    }

    String first() {
      return arguments.getFirst();
    }

    String second() {
      return arguments.get(1);
    }

    /** The first argument with the qualifier that came beside it. */
    String functionName() {
      return qualified(first(), param("Qualifier"));
    }
  }

  record Answer(int status, Map<String, String> headers, byte[] body) {}

  LambdaWire(FunctionService functions, FunctionCatalogue catalogue, EventQueue events) {
    InvokeOperation invoke = new InvokeOperation(functions, catalogue, events);
    routes.onLong(
        "POST",
        "/2015-03-31/functions/{}/invocations",
        Set.of("Qualifier"),
        request -> invoke.answer(request, request.functionName()));
    routes.on("POST", "/2014-11-13/functions/{}/invoke-async", Set.of(), invoke::invokeAsync);
    new FunctionOperations(catalogue).serve(routes);
    new AliasOperations(catalogue).serve(routes);
    new SettingOperations(catalogue).serve(routes);
    new PolicyOperations(catalogue).serve(routes);
  }

  /** Never completes with a {@link LambdaException}: that is an answer. */
  CompletableFuture<Answer> answer(Request request) {
    try {
      return routes
          .answer(request)
          .orElseThrow(() -> unknown(request))
          .exceptionally(failure -> error(request.requestId(), refusal(failure)));
    } catch (LambdaException e) {
      return CompletableFuture.completedFuture(error(request.requestId(), e));
    }
  }

  private static LambdaException refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof LambdaException refused) {
      return refused;
    }
    if (cause instanceof CancellationException) {
      return new LambdaException("ServiceException", 500, "The invocation was cancelled");
    }
    throw new CompletionException(cause);
  }

  private static LambdaException unknown(Request request) {
    return new LambdaException(
        "UnknownOperationException",
        404,
        request.method()
            + " "
            + request.path()
            + " is not served here. Served are functions, versions, aliases, invocations, reserved"
            + " concurrency, event invoke configurations, tags, policies and account settings; not"
            + " layers, function URLs, event source mappings, provisioned concurrency and response"
            + " streaming");
  }

  /** The name with the qualifier that came beside it; the two may not differ. */
  private static String qualified(String name, Optional<String> qualifier) {
    if (qualifier.isEmpty() || name.endsWith(":" + qualifier.get())) {
      return name;
    }
    boolean hasOne =
        name.startsWith("arn:") ? name.split(":").length > 7 : name.matches("[^:]+:[^:]+");
    if (hasOne && !name.startsWith("function:")) {
      throw new LambdaException(
          "InvalidParameterValueException",
          400,
          "The derived qualifier from the function name does not match the specified qualifier.");
    }
    return name + ":" + qualifier.get();
  }

  static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new LambdaException(
          "InvalidParameterValueException", 400, "FunctionName is not percent-encoded: " + text);
    }
  }

  static Answer json(Request request, int status, ObjectNode body) {
    return new Answer(
        status, headers(request.requestId()), body.toString().getBytes(StandardCharsets.UTF_8));
  }

  static Map<String, String> headers(String requestId) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("x-amzn-RequestId", requestId);
    return headers;
  }

  static Answer empty(String requestId, int status) {
    return new Answer(status, headers(requestId), NOTHING);
  }

  static Answer error(String requestId, LambdaException e) {
    Map<String, String> headers = headers(requestId);
    headers.put("x-amzn-ErrorType", e.errorType());
    ObjectNode body = JSON.createObjectNode();
    e.reason().ifPresent(reason -> body.put("Reason", reason));
    body.put("Type", e.status() < 500 ? "User" : "Service");
    // The case of this member differs between Lambda's exceptions.
    boolean upper =
        e.errorType().equals("ResourceNotFoundException")
            || e.errorType().equals("ServiceException");
    body.put(upper ? "Message" : "message", e.getMessage());
    return new Answer(e.status(), headers, body.toString().getBytes(StandardCharsets.UTF_8));
  }
}
