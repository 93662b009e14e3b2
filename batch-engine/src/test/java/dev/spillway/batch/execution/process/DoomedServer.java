package dev.spillway.batch.execution.process;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ExecutionEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * Plays a server in a JVM of its own, to be killed: starts jobs, says so, and waits for its end.
 */
final class DoomedServer {
  private DoomedServer() {}

  /** Arguments: data folder, number of jobs. */
  public static void main(String[] args) throws InterruptedException {
    Path data = Path.of(args[0]);
    int jobs = Integer.parseInt(args[1]);
    var executor = executor(data, connect(data));
    var up = new CountDownLatch(jobs);
    executor.listen(
        event -> {
          if (event instanceof ExecutionEvent.Started) {
            up.countDown();
          }
        });
    for (int i = 0; i < jobs; i++) {
      executor.start(attempt(data, i));
    }
    up.await();
    System.out.println("up");
    new CountDownLatch(1).await();
  }

  static SupervisorClient connect(Path data) {
    return SupervisorClient.connect(data.resolve("supervisor"), ProcessExecutorTest.OPTIONS);
  }

  static ProcessExecutor executor(Path data, SupervisorClient supervisor) {
    var settings =
        new BatchSettings(
            data,
            "us-east-1",
            "123456789012",
            2,
            4096,
            Duration.ofSeconds(30),
            "process",
            List.of(new BatchSettings.ProcessImage("job", List.of("/bin/sh", "-c"))),
            false,
            10_000,
            Duration.ofDays(1),
            Duration.ofDays(1));
    return new ProcessExecutor(
        settings, supervisor, AmbientEnvironment.NONE, InstantSource.system());
  }

  /** Even ones wait for the file {@code away}, odd ones for {@code back}; each has its own code. */
  static Attempt attempt(Path data, int number) {
    // In a folder that jobs reach, wherever the data folder is.
    Path go = data.resolve("images").resolve(number % 2 == 0 ? "away" : "back");
    String script =
        "echo begin; until [ -e "
            + go
            + " ]; do sleep 0.2; echo tick >&2; done; echo end; exit "
            + (number % 100);
    var id = new AttemptId("job-" + number, 1);
    return new Attempt(
        id,
        "job:1",
        List.of(script),
        new TreeMap<>(),
        1,
        64,
        Optional.empty(),
        false,
        false,
        log(data, id),
        ContainerOptions.NONE);
  }

  static Path log(Path data, AttemptId id) {
    return data.resolve("logs").resolve(id.jobId()).resolve("1.log");
  }
}
