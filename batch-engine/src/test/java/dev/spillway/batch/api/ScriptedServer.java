package dev.spillway.batch.api;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.EngineLifecycle;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.scripted.Script;
import dev.spillway.batch.execution.scripted.ScriptedExecutor;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The Batch API over HTTP with a scripted runner. A command tells its script: {@code exit N},
 * {@code hang}, {@code fail TEXT} (does not start), {@code vanish}.
 */
final class ScriptedServer implements AutoCloseable {
  final ApplicationContext context;
  final EmbeddedServer server;
  final ScriptedExecutor executor;
  private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor();

  private ScriptedServer(BatchSettings settings, InstantSource clock) {
    executor = new ScriptedExecutor(clock, ScriptedServer::script);
    context =
        ApplicationContext.builder()
            .properties(Map.of("micronaut.server.port", -1))
            .singletons(settings)
            .build();
    context.registerSingleton(Executor.class, executor);
    context.registerSingleton(InstantSource.class, clock);
    context.start();
    server = context.getBean(EmbeddedServer.class).start();
    context.getBean(EngineLifecycle.class).start();
    ticker.scheduleWithFixedDelay(executor::play, 5, 5, TimeUnit.MILLISECONDS);
  }

  static ScriptedServer start(Path data) {
    return start(settings(data), InstantSource.system());
  }

  static ScriptedServer start(BatchSettings settings, InstantSource clock) {
    return new ScriptedServer(settings, clock);
  }

  static BatchSettings settings(Path data) {
    return new BatchSettings(
        data,
        "us-east-1",
        "123456789012",
        4,
        8192,
        Duration.ofMillis(50),
        "scripted",
        List.of(),
        false,
        10_000,
        Duration.ofDays(7),
        Duration.ofDays(7));
  }

  private static Script script(Attempt attempt) {
    List<String> command = attempt.command();
    return switch (command.isEmpty() ? "" : command.getFirst()) {
      case "exit" -> Script.exits(Integer.parseInt(command.get(1)));
      case "oom" ->
          new Script.Exits(
              Duration.ZERO,
              Duration.ZERO,
              137,
              "OutOfMemoryError: Container killed due to memory usage");
      case "fail-index" ->
          Script.exits(
              command.get(1).equals(attempt.environment().get("AWS_BATCH_JOB_ARRAY_INDEX"))
                  ? 1
                  : 0);
      case "hang" -> new Script.Hangs(Duration.ZERO);
      case "fail" -> new Script.FailsToStart(Duration.ZERO, command.get(1));
      case "vanish" -> new Script.Vanishes(Duration.ZERO, Duration.ZERO);
      default -> Script.exits(0);
    };
  }

  URI url() {
    return server.getURI();
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    context.getBean(EngineLifecycle.class).stop();
    context.close();
  }
}
