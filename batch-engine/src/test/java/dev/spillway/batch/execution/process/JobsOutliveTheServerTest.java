package dev.spillway.batch.execution.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real kill -9 of a JVM that plays the server. */
@Tag("crash")
class JobsOutliveTheServerTest {
  private static final int JOBS = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path data;

  @Test
  void a_killed_servers_jobs_are_adopted_and_each_end_is_told_with_its_code_and_whole_log()
      throws Exception {
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    Process server = startServer();
    awaitUp(server);
    server.destroyForcibly().waitFor();

    Files.createFile(data.resolve("images/away"));
    SupervisorClient supervisor = DoomedServer.connect(data);
    try {
      await().atMost(PATIENCE).until(() -> count(supervisor, Status.Ended.class) == JOBS / 2);
      assertThat(count(supervisor, Status.Running.class)).isEqualTo(JOBS / 2);
      var events = new CopyOnWriteArrayList<ExecutionEvent>();
      var executor = DoomedServer.executor(data, supervisor);
      executor.listen(events::add);

      Set<AttemptId> all =
          IntStream.range(0, JOBS)
              .mapToObj(i -> DoomedServer.attempt(data, i).id())
              .collect(Collectors.toSet());
      assertThat(executor.recover(Set.of(), all)).isEmpty();
      Files.createFile(data.resolve("images/back"));

      await().atMost(PATIENCE).until(() -> events.size() >= JOBS);
      for (int i = 0; i < JOBS; i++) {
        check(DoomedServer.attempt(data, i).id(), i, events);
      }
      assertThat(events).hasSize(JOBS);
      all.forEach(executor::forget);
      await().atMost(PATIENCE).until(() -> supervisor.list().isEmpty());
      executor.close();
    } finally {
      ProcessExecutorTest.end(supervisor);
    }
  }

  private void check(AttemptId id, int number, List<ExecutionEvent> events) throws IOException {
    assertThat(events.stream().filter(event -> event.attempt().equals(id)))
        .singleElement()
        .isInstanceOfSatisfying(
            ExecutionEvent.Exited.class,
            exited -> assertThat(exited.exitCode()).hasValue(number % 100));
    List<String> lines = Files.readAllLines(DoomedServer.log(data, id));
    assertThat(lines.getFirst()).isEqualTo("begin");
    assertThat(lines.getLast()).isEqualTo("end");
    assertThat(lines.stream().filter(line -> !line.equals("tick"))).hasSize(2);
  }

  private Process startServer() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            DoomedServer.class.getName(),
            data.toString(),
            Integer.toString(JOBS))
        .redirectErrorStream(true)
        .start();
  }

  private static void awaitUp(Process server) throws IOException {
    var out =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); !"up".equals(line); line = out.readLine()) {
      assertThat(line).as("the server ended before its jobs were up").isNotNull();
    }
  }

  private static long count(SupervisorClient supervisor, Class<? extends Status> kind) {
    return supervisor.list().stream().filter(kind::isInstance).count();
  }
}
