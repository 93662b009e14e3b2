package dev.spillway.dispatch.aws;

import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Functions of the service in this JVM; each start is a call at once. */
public final class EmbeddedFunctionGateway
    extends FunctionCalls<CompletableFuture<FunctionService.Result>> {
  private final FunctionService functions;
  private final Supplier<String> requestIds;

  public EmbeddedFunctionGateway(FunctionService functions, Supplier<String> requestIds) {
    this.functions = functions;
    this.requestIds = requestIds;
  }

  @Override
  public void start(Start start) {
    var call = new CompletableFuture<FunctionService.Result>();
    if (enter(start.hopKey(), call)) {
      invoke(start, call);
    }
  }

  private void invoke(Start start, CompletableFuture<FunctionService.Result> call) {
    started(start.hopKey());
    CompletableFuture<FunctionService.Result> invoked;
    try {
      invoked =
          functions.invoke(
              new FunctionService.Invocation(
                  requestIds.get(),
                  start.functionName(),
                  start.payload().read(),
                  Optional.of(start.clientContext())));
    } catch (RuntimeException e) {
      invoked = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<FunctionService.Result> inside = invoked;
    // Cancelling ours must reach the service's own future: that is what kills the environment.
    call.whenComplete(
        (_, failure) -> {
          if (failure instanceof CancellationException) {
            inside.cancel(true);
          }
        });
    // Who hears of it may start another, read megabytes and fork: not in the thread that serves the
    // environment.
    invoked.whenCompleteAsync(
        (result, failure) -> ended(end(start.hopKey(), result, failure)),
        Thread::startVirtualThread);
  }

  private End end(String hopKey, FunctionService.Result result, Throwable failure) {
    if (failure != null) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      return cause instanceof LambdaException e
          ? new End.ServiceFailed(hopKey, e.status(), e.errorType(), message(e))
          : new End.ServiceFailed(hopKey, 500, "ServiceException", message(cause));
    }
    logged(hopKey, result.log());
    if (result.functionError().isEmpty()) {
      return new End.Succeeded(hopKey, result.payload());
    }
    return FunctionErrors.failed(hopKey, result.payload());
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  @Override
  public boolean cancel(String hopKey) {
    call(hopKey).ifPresent(call -> call.cancel(true));
    return false;
  }
}
