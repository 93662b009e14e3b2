package dev.spillway.dispatch.aws;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.LambdaException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Functions of the service in this JVM.
 *
 * <p>Starts over the service's concurrency wait here in order, instead of being refused with a 429
 * and coming back. What waits or runs is in memory only: after a restart the tasks' journeys say
 * what must be started again.
 */
public final class EmbeddedFunctionGateway implements FunctionGateway {
  /** Logs kept for hops whose end is being recorded; the task store keeps them after that. */
  private static final int KEPT_LOGS = 1_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FunctionService functions;
  private final int concurrency;
  private final Supplier<String> requestIds;
  private final Deque<Start> waiting = new ArrayDeque<>();
  private final Map<String, CompletableFuture<FunctionService.Result>> running =
      new LinkedHashMap<>();
  private final Map<String, String> logs =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
              return size() > KEPT_LOGS;
            }
          });
  private volatile Consumer<End> ends = _ -> {};
  private volatile Consumer<String> starts = _ -> {};

  /**
   * Over a service.
   *
   * @param concurrency most calls at once
   */
  public EmbeddedFunctionGateway(
      FunctionService functions, int concurrency, Supplier<String> requestIds) {
    this.functions = functions;
    this.concurrency = concurrency;
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
    synchronized (running) {
      if (inHand(start.hopKey())) {
        return;
      }
      waiting.add(start);
    }
    fill();
  }

  /** Takes what waits into free places. */
  private void fill() {
    while (true) {
      Start next;
      var call = new CompletableFuture<FunctionService.Result>();
      synchronized (running) {
        if (waiting.isEmpty() || running.size() >= concurrency) {
          return;
        }
        next = waiting.remove();
        running.put(next.hopKey(), call);
      }
      invoke(next, call);
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
          if (failure instanceof java.util.concurrent.CancellationException) {
            inside.cancel(true);
          }
        });
    // The next start may read megabytes and fork: not in the thread that serves the environment.
    invoked.whenCompleteAsync(
        (result, failure) -> {
          synchronized (running) {
            running.remove(start.hopKey());
          }
          ends.accept(end(start.hopKey(), result, failure));
          fill();
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
    JsonNode error = error(result.payload());
    return new End.FunctionFailed(
        hopKey,
        error.path("errorType").asText("Function.Unknown"),
        error.path("errorMessage").asText("the function gave no message"));
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  private static JsonNode error(byte[] payload) {
    try {
      return JSON.readTree(payload);
    } catch (JsonProcessingException e) {
      return JSON.createObjectNode();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void cancel(String hopKey) {
    CompletableFuture<FunctionService.Result> call;
    synchronized (running) {
      waiting.removeIf(start -> start.hopKey().equals(hopKey));
      call = running.get(hopKey);
    }
    if (call != null) {
      call.cancel(true);
    }
  }

  @Override
  public boolean running(String hopKey) {
    synchronized (running) {
      return inHand(hopKey);
    }
  }

  private boolean inHand(String hopKey) {
    return running.containsKey(hopKey)
        || waiting.stream().anyMatch(start -> start.hopKey().equals(hopKey));
  }

  @Override
  public Optional<String> log(String hopKey) {
    return Optional.ofNullable(logs.get(hopKey));
  }
}
