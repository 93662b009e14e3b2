package dev.spillway.lambda.async;

import dev.spillway.lambda.function.AliasControl;
import dev.spillway.lambda.function.EventInvokeConfig;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionControl;
import dev.spillway.lambda.function.FunctionDetails;
import dev.spillway.lambda.function.FunctionName;
import dev.spillway.lambda.function.FunctionRecord;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.FunctionSettings;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.function.Revision;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Functions that do as they are told, and the calls that came. */
final class ScriptedService implements FunctionService, FunctionCatalogue {
  private final int concurrency;
  private final Map<String, FunctionRecord> functions = new ConcurrentHashMap<>();
  private final List<Call> open = new ArrayList<>();
  private int calls;

  /** A call that waits for its end. */
  record Call(Invocation invocation, CompletableFuture<Result> end) {
    String event() {
      return new String(invocation.payload(), StandardCharsets.UTF_8);
    }

    void answer(String json) {
      end.complete(result(json, Optional.empty()));
    }

    void fail(String json) {
      end.complete(result(json, Optional.of("Unhandled")));
    }

    void throttle() {
      end.completeExceptionally(
          new LambdaException(
              "TooManyRequestsException",
              429,
              "Rate Exceeded.",
              "ConcurrentInvocationLimitExceeded"));
    }

    private Result result(String json, Optional<String> error) {
      return new Result(
          invocation.requestId(),
          json.getBytes(StandardCharsets.UTF_8),
          error,
          FunctionName.LATEST,
          "",
          new Report(1, 1, 1, 0));
    }
  }

  ScriptedService(int concurrency) {
    this.concurrency = concurrency;
  }

  ScriptedService with(
      String name, EventInvokeConfig config, Optional<String> deadLetter, OptionalInt reserved) {
    FunctionConfiguration configuration =
        new FunctionConfiguration(
                name,
                "provided.al2023",
                "main",
                Path.of("code"),
                3,
                128,
                512,
                "x86_64",
                Map.of(),
                OptionalInt.empty(),
                Map.of())
            .withDetails(FunctionDetails.NONE.withDeadLetter(deadLetter));
    Revision latest =
        new Revision(
            configuration,
            FunctionName.LATEST,
            "arn:aws:lambda:us-east-1:123456789012:function:" + name,
            Path.of("code"),
            "",
            0,
            Instant.EPOCH,
            "r");
    functions.put(
        name,
        new FunctionRecord(
            latest,
            List.of(),
            0,
            new TreeMap<>(),
            reserved,
            new TreeMap<>(),
            new TreeMap<>(Map.of(FunctionName.LATEST, config)),
            new TreeMap<>(),
            Optional.empty()));
    return this;
  }

  /** Calls that were made and not ended by the test. */
  synchronized List<Call> open() {
    return open.stream().filter(call -> !call.end().isDone()).toList();
  }

  synchronized int calls() {
    return calls;
  }

  @Override
  public synchronized CompletableFuture<Result> invoke(Invocation invocation) {
    Call call = new Call(invocation, new CompletableFuture<>());
    calls++;
    open.add(call);
    int reserved = describe(invocation.functionName()).function().reservedConcurrency().orElse(9);
    if (reserved == 0) {
      call.throttle();
    }
    return call.end();
  }

  @Override
  public Described describe(String functionName) {
    FunctionRecord function = function(functionName);
    return new Described(function, function.latest(), function.latest().arn());
  }

  @Override
  public FunctionRecord function(String functionName) {
    FunctionRecord function = functions.get(FunctionName.parse(functionName).name());
    if (function == null) {
      throw new LambdaException("ResourceNotFoundException", 404, "no " + functionName);
    }
    return function;
  }

  @Override
  public int concurrentExecutions() {
    return concurrency;
  }

  @Override
  public List<FunctionRecord> functions() {
    return List.copyOf(functions.values());
  }

  @Override
  public boolean put(FunctionConfiguration function) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<FunctionConfiguration> find(String functionName) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<FunctionConfiguration> list() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Map<String, Integer> environments() {
    return Map.of();
  }

  @Override
  public FunctionControl control() {
    throw new UnsupportedOperationException();
  }

  @Override
  public AliasControl aliases() {
    throw new UnsupportedOperationException();
  }

  @Override
  public FunctionSettings settings() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
