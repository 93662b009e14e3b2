package dev.spillway.lambda.function;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.spillway.lambda.LambdaSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The door that every call passes: name, size, JSON, throttling. What comes through is run by
 * {@link Environments}; which functions there are, {@link FunctionRegistry} knows.
 */
public final class LocalFunctionService implements FunctionService, FunctionCatalogue {
  /** Source: AWS Lambda quotas, synchronous invocation payload. */
  public static final int PAYLOAD_BYTES_MAX = 6_291_456;

  private static final byte[] EMPTY_EVENT = "{}".getBytes(StandardCharsets.UTF_8);
  private static final JsonFactory JSON = new JsonFactory();

  private final LambdaSettings settings;
  private final Environments environments;
  private final FunctionRegistry registry;
  private final FunctionControl control;
  private final AliasControl aliases;
  private final FunctionSettings functionSettings;
  private final Concurrency concurrency;

  public LocalFunctionService(
      LambdaSettings settings, Environments environments, FunctionPorts ports) {
    this.settings = settings;
    this.environments = environments;
    CodeStore codeStore = new CodeStore(settings.dataDirectory());
    this.registry = new FunctionRegistry(settings, ports, environments, codeStore);
    this.control = new FunctionControl(settings, ports, registry, codeStore);
    this.aliases = new AliasControl(registry, ports);
    this.functionSettings = new FunctionSettings(registry, ports);
    this.concurrency = new Concurrency(settings.concurrency());
  }

  @Override
  public boolean put(FunctionConfiguration function) {
    return control.declare(function);
  }

  @Override
  public Optional<FunctionConfiguration> find(String functionName) {
    try {
      return Optional.of(whole(function(functionName)));
    } catch (LambdaException notThere) {
      return Optional.empty();
    }
  }

  @Override
  public List<FunctionConfiguration> list() {
    return registry.all().stream().map(LocalFunctionService::whole).toList();
  }

  private static FunctionConfiguration whole(FunctionRecord function) {
    return function
        .latest()
        .configuration()
        .with(
            function.reservedConcurrency(),
            function.tags(),
            Optional.ofNullable(function.eventInvoke().get(FunctionName.LATEST)));
  }

  @Override
  public Described describe(String functionName) {
    return registry.describe(functionName);
  }

  @Override
  public FunctionRecord function(String functionName) {
    return registry.function(FunctionName.parse(functionName));
  }

  @Override
  public List<FunctionRecord> functions() {
    return registry.all();
  }

  @Override
  public int concurrentExecutions() {
    return settings.concurrency();
  }

  @Override
  public FunctionControl control() {
    return control;
  }

  @Override
  public AliasControl aliases() {
    return aliases;
  }

  @Override
  public FunctionSettings settings() {
    return functionSettings;
  }

  @Override
  public Map<String, Integer> environments() {
    return environments.alive();
  }

  @Override
  public CompletableFuture<Result> invoke(Invocation invocation) {
    Described target;
    try {
      target = registry.forCall(invocation.functionName());
      checkPayload(invocation.payload(), PAYLOAD_BYTES_MAX, "RequestResponse");
      concurrency.enter(target.function().name(), target.function().reservedConcurrency());
    } catch (LambdaException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    byte[] event = invocation.payload().length == 0 ? EMPTY_EVENT : invocation.payload();
    Call call =
        new Call(
            invocation.requestId(),
            target.revision(),
            target.arn(),
            event,
            invocation.clientContext(),
            new CompletableFuture<>());
    CompletableFuture<Result> answer = new CompletableFuture<>();
    call.outcome()
        .whenComplete(
            (result, failure) -> {
              // The place is free before the caller knows: its next call must find it.
              concurrency.leave(target.function().name());
              if (failure == null) {
                answer.complete(result);
              } else {
                answer.completeExceptionally(failure);
              }
            });
    answer.whenComplete(
        (_, _) -> {
          if (answer.isCancelled()) {
            environments.cancel(call);
          }
        });
    environments.run(call);
    return answer;
  }

  /** What an event must be, however it is sent; {@code type} is the invocation type. */
  public static void checkPayload(byte[] payload, int most, String type) {
    if (payload.length > most) {
      throw new LambdaException(
          "RequestTooLargeException",
          413,
          payload.length
              + " byte payload is too large for the "
              + type
              + " invocation type (limit "
              + most
              + " bytes)");
    }
    if (payload.length == 0) {
      return;
    }
    try (JsonParser parser = JSON.createParser(payload)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw notJson("it is blank");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        throw notJson("more text after the first value");
      }
    } catch (JsonProcessingException e) {
      throw notJson(e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading bytes in memory", e);
    }
  }

  private static LambdaException notJson(String why) {
    return new LambdaException(
        "InvalidRequestContentException", 400, "Could not parse request body into json: " + why);
  }

  @Override
  public void close() {
    environments.close();
  }
}
