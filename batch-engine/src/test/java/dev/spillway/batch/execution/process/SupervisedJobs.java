package dev.spillway.batch.execution.process;

import static org.awaitility.Awaitility.await;

import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.supervisor.Isolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A real supervisor of some isolation, real processes beneath it, and what was told of them. */
final class SupervisedJobs implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final Limits LIMITS = new Limits(64, 500, 16);

  final SupervisorClient client;
  private final Path data;
  private final List<Status> told = new CopyOnWriteArrayList<>();

  SupervisedJobs(Path data, Isolation isolation) {
    this.data = data;
    this.client =
        SupervisorClient.connect(
            data.resolve("supervisor"), ProcessExecutorTest.OPTIONS.with(isolation));
    client.listen(told::add);
  }

  void start(String id, Limits limits, String... command) {
    Path work = data.resolve("work").resolve(id);
    client.spawn(
        new Spawn(
            id,
            List.of(command),
            Map.of("PATH", "/usr/bin:/bin", "TMPDIR", work.resolve("tmp").toString()),
            work,
            data.resolve("logs").resolve(id),
            false,
            limits));
  }

  void start(String id, Limits limits, Script script) {
    start(id, limits, "/bin/sh", "-c", script.text());
  }

  /** Of a shell. */
  record Script(String text) {}

  Status.Ended run(String id, Limits limits, String script) {
    start(id, limits, new Script(script));
    return ended(id);
  }

  Status.Running running(String id) {
    return first(id, Status.Running.class);
  }

  Status.Ended ended(String id) {
    return first(id, Status.Ended.class);
  }

  Status.NotStarted notStarted(String id) {
    return first(id, Status.NotStarted.class);
  }

  private <T extends Status> T first(String id, Class<T> kind) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .atMost(PATIENCE)
        .until(() -> found(id, kind).findAny().isPresent());
    return found(id, kind).findFirst().orElseThrow();
  }

  private <T extends Status> Stream<T> found(String id, Class<T> kind) {
    return told.stream()
        .filter(one -> one.id().equals(id))
        .filter(kind::isInstance)
        .map(kind::cast);
  }

  String output(String id) throws IOException {
    Path log = data.resolve("logs").resolve(id);
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** As if the machine's OOM killer had taken it. */
  void killSupervisor() {
    long first = client.supervisorPid();
    told.clear();
    ProcessHandle.of(first).orElseThrow().destroyForcibly();
    await()
        .atMost(PATIENCE)
        .until(() -> client.supervisorPid() > 0 && client.supervisorPid() != first);
  }

  @Override
  public void close() {
    ProcessExecutorTest.end(client);
  }
}
