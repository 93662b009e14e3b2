package dev.spillway.lambda.invoke;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.function.EventQueue;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.invoke.LambdaWire.Answer;
import dev.spillway.lambda.invoke.LambdaWire.Request;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * {@code POST /2015-03-31/functions/{name}/invocations}: for a caller that waits, for one that does
 * not, and a check only.
 *
 * <p>Source: AWS Lambda API 2015-03-31, Invoke.
 */
final class InvokeOperation {
  /** What X-Amz-Log-Result carries: the last 4 KB. */
  private static final int LOG_TAIL_BYTES = 4096;

  private static final int CLIENT_CONTEXT_MAX = 3583;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final FunctionService functions;
  private final FunctionCatalogue catalogue;
  private final EventQueue events;

  InvokeOperation(FunctionService functions, FunctionCatalogue catalogue, EventQueue events) {
    this.functions = functions;
    this.catalogue = catalogue;
    this.events = events;
  }

  CompletableFuture<Answer> answer(Request request, String functionName) {
    String type = request.headers().getOrDefault("x-amz-invocation-type", "RequestResponse");
    String logType = request.headers().getOrDefault("x-amz-log-type", "None");
    if (!logType.equals("None") && !logType.equals("Tail")) {
      throw invalid("LogType is " + logType + "; it must be None or Tail");
    }
    return switch (type) {
      case "RequestResponse" -> requestResponse(request, functionName, logType.equals("Tail"));
      case "DryRun" -> {
        catalogue.describe(functionName);
        LocalFunctionService.checkPayload(
            request.body(), LocalFunctionService.PAYLOAD_BYTES_MAX, type);
        yield CompletableFuture.completedFuture(LambdaWire.empty(request.requestId(), 204));
      }
      case "Event" -> {
        accept(request, functionName);
        yield CompletableFuture.completedFuture(LambdaWire.empty(request.requestId(), 202));
      }
      default ->
          throw invalid(
              "InvocationType is " + type + "; it must be RequestResponse, Event or DryRun");
    };
  }

  /** The older form of the same. Source: AWS Lambda API 2014-11-13, InvokeAsync. */
  Answer invokeAsync(Request request) {
    accept(request, request.functionName());
    return LambdaWire.json(request, 202, JSON.createObjectNode());
  }

  /** Client context is for callers that wait, on AWS too. */
  private void accept(Request request, String functionName) {
    events.accept(
        new Invocation(request.requestId(), functionName, request.body(), Optional.empty()));
  }

  private CompletableFuture<Answer> requestResponse(
      Request request, String functionName, boolean tail) {
    Invocation invocation =
        new Invocation(
            request.requestId(),
            functionName,
            request.body(),
            clientContext(request.headers().get("x-amz-client-context")));
    return functions.invoke(invocation).thenApply(result -> answer(request, result, tail));
  }

  private static Answer answer(Request request, Result result, boolean tail) {
    Map<String, String> headers = LambdaWire.headers(request.requestId());
    headers.put("X-Amz-Executed-Version", result.executedVersion());
    result.functionError().ifPresent(error -> headers.put("X-Amz-Function-Error", error));
    if (tail) {
      byte[] log = result.log().getBytes(StandardCharsets.UTF_8);
      byte[] last = Arrays.copyOfRange(log, Math.max(0, log.length - LOG_TAIL_BYTES), log.length);
      headers.put("X-Amz-Log-Result", Base64.getEncoder().encodeToString(last));
    }
    return new Answer(200, headers, result.payload());
  }

  private static Optional<String> clientContext(String base64) {
    if (base64 == null || base64.isEmpty()) {
      return Optional.empty();
    }
    String rule = "Client context must be a valid Base64-encoded JSON object.";
    if (base64.length() > CLIENT_CONTEXT_MAX) {
      throw new LambdaException(
          "InvalidRequestContentException",
          400,
          "Client context has "
              + base64.length()
              + " characters; the limit is "
              + CLIENT_CONTEXT_MAX);
    }
    try {
      String json = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      JsonNode node = JSON.readTree(json);
      if (node == null || !node.isObject()) {
        throw new LambdaException("InvalidRequestContentException", 400, rule);
      }
      return Optional.of(node.toString());
    } catch (IllegalArgumentException | JsonProcessingException e) {
      throw new LambdaException("InvalidRequestContentException", 400, rule);
    }
  }

  private static LambdaException invalid(String message) {
    return new LambdaException("InvalidParameterValueException", 400, message);
  }
}
