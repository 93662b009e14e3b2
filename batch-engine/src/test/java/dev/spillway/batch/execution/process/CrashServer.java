package dev.spillway.batch.execution.process;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.EngineLifecycle;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Executor;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** The Batch API with the process runner, in a JVM of its own, to be killed. */
final class CrashServer {
  /** Name and password, as the embedded server has them. */
  private static final Optional<String> USER = Optional.of("postgres");

  private CrashServer() {}

  /** Arguments: data folder; URL of a PostgreSQL database, or none. */
  public static void main(String[] args) throws InterruptedException {
    Path data = Path.of(args[0]);
    BatchSettings settings =
        settings(data)
            .storedIn(
                Optional.of(args)
                    .filter(a -> a.length == 2)
                    .map(a -> new BatchSettings.Postgres(a[1], USER, USER)));
    ApplicationContext context =
        ApplicationContext.builder()
            .properties(Map.of("micronaut.server.port", -1))
            .singletons(settings)
            .build();
    context.registerSingleton(
        Executor.class,
        new ProcessExecutor(
            settings, DoomedServer.connect(data), AmbientEnvironment.NONE, InstantSource.system()));
    context.registerSingleton(InstantSource.class, InstantSource.system());
    context.start();
    context.getBean(EngineLifecycle.class).start();
    EmbeddedServer server = context.getBean(EmbeddedServer.class).start();
    System.out.println("up " + server.getURI());
    new CountDownLatch(1).await();
  }

  static BatchSettings settings(Path data) {
    return new BatchSettings(
        data,
        "us-east-1",
        "123456789012",
        8,
        8192,
        Duration.ofSeconds(30),
        "process",
        List.of(new BatchSettings.ProcessImage("job", List.of("/bin/sh", "-c"))),
        false,
        10_000,
        Duration.ofDays(7),
        Duration.ofDays(7));
  }
}
