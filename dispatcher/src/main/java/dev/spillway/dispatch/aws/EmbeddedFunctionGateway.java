package dev.spillway.dispatch.aws;

import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Functions of the service in this JVM; each start is a call at once. */
public final class EmbeddedFunctionGateway implements FunctionGateway {
  private final FunctionService functions;
  private final Supplier<String> requestIds;
  private final Map<String, CompletableFuture<FunctionService.Result>> running =
      new ConcurrentHashMap<>();
  private final KeptLogs logs = new KeptLogs();
  private volatile Consumer<End> ends = _ -> {};
  private volatile Consumer<String> starts = _ -> {};

  public EmbeddedFunctionGateway(FunctionService functions, Supplier<String> requestIds) {
    this.functions = functions;
    this.requestIds = requestIds;
  }

  @Override
  public void listen(Consumer<End> listener) {
    ends = listener;
  }

  @Override
  public void listenStarts(Consumer<String> startedHopKey) {
    starts = startedHopKey;
  }

  @Override
  public void start(Start start) {
    var call = new CompletableFuture<FunctionService.Result>();
    if (running.putIfAbsent(start.hopKey(), call) == null) {
      invoke(start, call);
    }
  }

  private void invoke(Start start, CompletableFuture<FunctionService.Result> call) {
    starts.accept(start.hopKey());
    CompletableFuture<FunctionService.Result> invoked;
    try {
      invoked =
          functions.invoke(
              new FunctionService.Invocation(
                  requestIds.get(),
                  start.functionName(),
                  start.payload(),
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
        (result, failure) -> {
          running.remove(start.hopKey());
          ends.accept(end(start.hopKey(), result, failure));
        },
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
    logs.put(hopKey, result.log());
    if (result.functionError().isEmpty()) {
      return new End.Succeeded(hopKey, result.payload());
    }
    return FunctionErrors.failed(hopKey, result.payload());
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  @Override
  public void cancel(String hopKey) {
    CompletableFuture<FunctionService.Result> call = running.get(hopKey);
    if (call != null) {
      call.cancel(true);
    }
  }

  @Override
  public boolean running(String hopKey) {
    return running.containsKey(hopKey);
  }

  @Override
  public Optional<String> log(String hopKey) {
    return logs.of(hopKey);
  }

  @Override
  public void close() {
    // The service is not this gateway's, and ends what runs in it.
  }
}
