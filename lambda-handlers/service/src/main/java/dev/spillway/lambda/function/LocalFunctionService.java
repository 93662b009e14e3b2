package dev.spillway.lambda.function;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.spillway.lambda.LambdaSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry of functions, and the door that every call passes: name, size, JSON, throttling.
 * What comes through is run by {@link Environments}.
 */
public final class LocalFunctionService implements FunctionService, FunctionCatalogue {
  /** Source: AWS Lambda quotas, synchronous invocation payload. */
  public static final int PAYLOAD_BYTES_MAX = 6_291_456;

  private static final Logger LOG = LoggerFactory.getLogger(LocalFunctionService.class);
  private static final byte[] EMPTY_EVENT = "{}".getBytes(StandardCharsets.UTF_8);
  private static final JsonFactory JSON = new JsonFactory();

  private final LambdaSettings settings;
  private final Environments environments;
  private final InstantSource clock;
  private final CodeStore codeStore;
  private final Concurrency concurrency;
  private final Map<String, Revision> functions = new ConcurrentSkipListMap<>();

  public LocalFunctionService(
      LambdaSettings settings, Environments environments, InstantSource clock) {
    this.settings = settings;
    this.environments = environments;
    this.clock = clock;
    this.codeStore = new CodeStore(settings.dataDirectory());
    this.concurrency = new Concurrency(settings.concurrency());
  }

  @Override
  public synchronized void put(FunctionConfiguration function) {
    FunctionRules.check(function);
    String name = function.functionName();
    CodeStore.Code code = codeStore.unpack(function);
    Revision before = functions.get(name);
    if (before != null && before.sameAs(function, code.sha256())) {
      return;
    }
    Revision revision =
        new Revision(
            function,
            FunctionName.arn(settings.region(), settings.account(), name),
            code.taskRoot(),
            code.sha256(),
            code.size(),
            clock.instant(),
            UUID.randomUUID().toString());
    functions.put(name, revision);
    environments.drainExcept(revision);
    codeStore.prune(name, code.taskRoot(), environments.taskRootsInUse());
    LOG.info(
        "function={} {} runtime={} memoryMb={} timeoutSeconds={} codeBytes={}",
        name,
        before == null ? "created" : "replaced",
        function.runtime(),
        function.memorySize(),
        function.timeout(),
        code.size());
  }

  @Override
  public Optional<FunctionConfiguration> find(String functionName) {
    try {
      return Optional.of(describe(functionName).configuration());
    } catch (LambdaException notThere) {
      return Optional.empty();
    }
  }

  @Override
  public List<FunctionConfiguration> list() {
    return functions.values().stream().map(Revision::configuration).toList();
  }

  @Override
  public Revision describe(String functionName) {
    FunctionName wanted = FunctionName.parse(functionName);
    Revision revision = functions.get(wanted.name());
    boolean ours =
        wanted.region().map(settings.region()::equals).orElse(true)
            && wanted.account().map(settings.account()::equals).orElse(true);
    boolean latest = wanted.qualifier().map(FunctionName.LATEST::equals).orElse(true);
    if (revision == null || !ours || !latest) {
      String arn =
          FunctionName.arn(
              wanted.region().orElse(settings.region()),
              wanted.account().orElse(settings.account()),
              wanted.name());
      throw new LambdaException(
          "ResourceNotFoundException",
          404,
          "Function not found: " + arn + wanted.qualifier().map(q -> ":" + q).orElse(""));
    }
    return revision;
  }

  @Override
  public List<Revision> revisions() {
    return List.copyOf(functions.values());
  }

  @Override
  public int concurrentExecutions() {
    return settings.concurrency();
  }

  @Override
  public Map<String, Integer> environments() {
    return environments.alive();
  }

  @Override
  public CompletableFuture<Result> invoke(Invocation invocation) {
    Revision revision;
    try {
      revision = describe(invocation.functionName());
      checkPayload(invocation.payload());
      concurrency.enter(revision.functionName(), revision.configuration().reservedConcurrency());
    } catch (LambdaException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    byte[] event = invocation.payload().length == 0 ? EMPTY_EVENT : invocation.payload();
    Call call =
        new Call(
            invocation.requestId(),
            revision,
            event,
            invocation.clientContext(),
            new CompletableFuture<>());
    CompletableFuture<Result> answer = new CompletableFuture<>();
    call.outcome()
        .whenComplete(
            (result, failure) -> {
              // The place is free before the caller knows: its next call must find it.
              concurrency.leave(revision.functionName());
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

  private static void checkPayload(byte[] payload) {
    if (payload.length > PAYLOAD_BYTES_MAX) {
      throw new LambdaException(
          "RequestTooLargeException",
          413,
          payload.length
              + " byte payload is too large for the RequestResponse invocation type (limit "
              + PAYLOAD_BYTES_MAX
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
