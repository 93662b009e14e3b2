package dev.spillway.batch.execution.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.ExecutorContract;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.supervisor.JobUser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** The contract, through a real supervisor. */
class ProcessExecutorTest extends ExecutorContract {
  static final SupervisorClient.Options OPTIONS =
      new SupervisorClient.Options(
          Duration.ofSeconds(1), true, JobUser.NOBODY, Duration.ofSeconds(30));

  private SupervisorClient supervisor;

  @Override
  protected Executor open() {
    if (supervisor != null) {
      supervisor.close();
    }
    supervisor = SupervisorClient.connect(data.resolve("supervisor"), OPTIONS);
    return new ProcessExecutor(settings(), supervisor, around(), InstantSource.system());
  }

  @Override
  protected void tearDown() {
    end(supervisor);
  }

  /** Kills the supervisor and whatever it still runs. */
  static void end(SupervisorClient supervisor) {
    for (Status status : supervisor.list()) {
      supervisor.signal(status.id(), 9);
    }
    // So that it can remove the control groups that they were in.
    for (int i = 0; i < 100 && running(supervisor); i++) {
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
    long pid = supervisor.supervisorPid();
    supervisor.close();
    ProcessHandle.of(pid)
        .ifPresent(
            one -> {
              one.destroy();
              one.onExit().join();
            });
  }

  private static boolean running(SupervisorClient supervisor) {
    return supervisor.list().stream().anyMatch(Status.Running.class::isInstance);
  }

  @Override
  protected String tool(String name) {
    return name;
  }

  @Override
  protected String image() {
    return "spillway-test/busybox:1.35";
  }

  @Override
  protected boolean traceOf(AttemptId attempt) {
    return Files.exists(workFolder(attempt))
        || supervisor.list().stream().anyMatch(one -> one.id().equals("job/" + attempt));
  }

  @Override
  protected boolean hasEndedUnseen(AttemptId attempt) {
    return supervisor.list().stream()
        .anyMatch(one -> one.id().equals("job/" + attempt) && one instanceof Status.Ended);
  }

  private Path workFolder(AttemptId attempt) {
    return data.resolve("work").resolve(attempt.jobId().replace(':', '.') + "-" + attempt.number());
  }

  @Test
  void a_job_works_in_a_private_folder_of_its_own_with_a_temporary_folder_in_it() {
    Attempt attempt =
        attempt("folder:3", "pwd; echo $HOME; echo $TMPDIR; echo x > $TMPDIR/x; stat -c %a .");

    begin(attempt);

    assertThat(exitCode(attempt)).hasValue(0);
    Path folder = workFolder(attempt.id());
    assertThat(log(attempt).lines())
        .containsExactly(
            folder.toString(), folder.toString(), folder.resolve("tmp").toString(), "700");
  }

  @Test
  void a_tag_or_a_registrys_port_does_not_hide_a_listed_name() {
    var images =
        new ProcessImages(
            java.util.List.of(
                new dev.spillway.batch.BatchSettings.ProcessImage(
                    "host:5000/a", java.util.List.of()),
                new dev.spillway.batch.BatchSettings.ProcessImage("b:2", java.util.List.of())));

    assertThat(images.find("host:5000/a:7")).isPresent();
    assertThat(images.find("host:5000/a@sha256:00")).isPresent();
    assertThat(images.find("host:5000/ab")).isEmpty();
    assertThat(images.find("b")).isEmpty();
    assertThat(images.find("b:2")).isPresent();
    assertThat(images.refusal("c")).contains("host:5000/a, b:2", "runner.process.images");
  }
}
