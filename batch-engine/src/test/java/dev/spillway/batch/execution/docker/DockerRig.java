package dev.spillway.batch.execution.docker;

import static org.awaitility.Awaitility.await;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.ExecutionSettings;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.testkit.BusyboxImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** One data folder on an engine: its executor, what it told, and what is left. */
final class DockerRig implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  final DockerEngine engine;
  final DataFolderId folder = new DataFolderId(UUID.randomUUID().toString());
  final DockerNetwork network;
  final DockerExecutor executor;
  final List<ExecutionEvent> events = new CopyOnWriteArrayList<>();
  private final Path data;

  DockerRig(DockerEngine engine, Path data) {
    this(engine, data, List.of());
  }

  DockerRig(DockerEngine engine, Path data, List<Path> allowedHostPaths) {
    this.engine = engine;
    this.data = data;
    BusyboxImage.ensure();
    network = DockerNetwork.ensure(engine, folder);
    executor =
        new DockerExecutor(
            settings(data)
                .with(
                    new ExecutionSettings(
                        allowedHostPaths, ExecutionSettings.DEFAULT.logBytesMax(), 1024)),
            engine,
            network,
            folder,
            AmbientEnvironment.NONE,
            InstantSource.system());
    executor.listen(events::add);
  }

  static BatchSettings settings(Path data) {
    return new BatchSettings(
        data,
        "us-east-1",
        "123456789012",
        2,
        4096,
        Duration.ofSeconds(30),
        "docker",
        List.of(),
        true,
        10_000,
        Duration.ofDays(1),
        Duration.ofDays(1));
  }

  static Attempt attempt(Path data, AttemptId id, ContainerOptions options, String script) {
    return attempt(data, id, options, BusyboxImage.NAME, script);
  }

  static Attempt attempt(
      Path data, AttemptId id, ContainerOptions options, String image, String script) {
    SortedMap<String, String> environment = new TreeMap<>();
    environment.put("PATH", "/bin");
    return new Attempt(
        id,
        image,
        List.of("/bin/busybox", "sh", "-c", script),
        environment,
        0.25,
        64,
        Optional.empty(),
        false,
        false,
        data.resolve("logs").resolve(id.jobId().replace('/', '_') + ".log"),
        options);
  }

  /** Runs it to its end; what it wrote. */
  String run(ContainerOptions options, String script) {
    Attempt attempt =
        attempt(data, new AttemptId(UUID.randomUUID().toString(), 1), options, script);
    executor.start(attempt);
    end(attempt.id());
    return log(attempt);
  }

  ExecutionEvent end(AttemptId attempt) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                events.stream()
                    .anyMatch(
                        e ->
                            e.attempt().equals(attempt) && !(e instanceof ExecutionEvent.Started)));
    return events.stream()
        .filter(e -> e.attempt().equals(attempt) && !(e instanceof ExecutionEvent.Started))
        .findFirst()
        .orElseThrow();
  }

  static String log(Attempt attempt) {
    try {
      return Files.exists(attempt.log()) ? Files.readString(attempt.log()) : "";
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    executor.close();
    Containers containers =
        new Containers(engine.client(), folder, network.name(), AmbientEnvironment.NONE);
    containers.find().forEach(one -> containers.remove(one.containerId()));
    containers.shared().removeAllBut(java.util.Set.of());
    containers.shared().instances().recover(java.util.Map.of());
    network.remove(engine);
  }
}
