package dev.spillway.lambda.function;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Runs functions as Lambda does. */
public interface FunctionService extends AutoCloseable {

  /**
   * One call.
   *
   * @param functionName name, partial ARN or ARN, with or without qualifier
   * @param payload JSON bytes
   * @param clientContext decoded JSON text, or empty
   */
  record Invocation(
      String requestId, String functionName, byte[] payload, Optional<String> clientContext) {}

  /**
   * What came of it; the caller got 200 either way.
   *
   * @param functionError empty on success, else {@code Unhandled}: then the payload is the error
   *     object
   * @param log what the function wrote during this call, START to REPORT lines included, last part
   */
  record Result(
      String requestId,
      byte[] payload,
      Optional<String> functionError,
      String executedVersion,
      String log,
      Report report) {}

  /** The figures of the REPORT line. Milliseconds and MB; {@code initMillis} 0 on a warm start. */
  record Report(double durationMillis, long billedMillis, int maxMemoryMb, double initMillis) {}

  /**
   * Applies a function as a template declares it, when that differs from what a template applied
   * last; environments of the old code end when idle.
   *
   * @return whether it changed anything
   */
  boolean put(FunctionConfiguration function);

  Optional<FunctionConfiguration> find(String functionName);

  List<FunctionConfiguration> list();

  /** Environments now alive, by function. */
  Map<String, Integer> environments();

  /**
   * Runs a function. Cancelling the future kills the environment.
   *
   * @return completes with the result, or exceptionally with {@link LambdaException} (404, 413,
   *     429, 502 ...), often in the thread that serves the environment: what takes time goes on in
   *     another, or the environment is kept from its next call
   */
  CompletableFuture<Result> invoke(Invocation invocation);

  @Override
  void close();
}
