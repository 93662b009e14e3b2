package dev.spillway.batch.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.BatchSettings.ProcessImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every executor does alike; {@link #restart} plays a server that died and came back. */
public abstract class ExecutorContract {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir protected Path data;
  private Executor executor;
  private List<ExecutionEvent> events;

  /** A new executor over the same world; the one before is closed or dropped. */
  protected abstract Executor open();

  protected abstract void tearDown();

  /** An image that has busybox, its name known to the executor. */
  protected abstract String image();

  /** How a script of the image calls a program. */
  protected abstract String tool(String name);

  /** Whether anything of this attempt is left in the world. */
  protected abstract boolean traceOf(AttemptId attempt);

  @BeforeEach
  void start() throws IOException {
    // Jobs of a server that is root run as nobody, who must be able to reach their folders.
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    restart();
  }

  @AfterEach
  void stop() {
    executor.close();
    tearDown();
  }

  protected void restart() {
    if (executor != null) {
      executor.close();
    }
    executor = open();
    events = new CopyOnWriteArrayList<>();
    executor.listen(events::add);
  }

  protected BatchSettings settings() {
    return new BatchSettings(
        data,
        "us-east-1",
        "123456789012",
        2,
        4096,
        Duration.ofSeconds(30),
        "auto",
        List.of(new ProcessImage("spillway-test/busybox", List.of())),
        false,
        10_000,
        Duration.ofDays(1),
        Duration.ofDays(1));
  }

  @Test
  void a_job_that_ends_well_is_told_as_started_and_exited_with_0() {
    Attempt attempt = attempt("well", "echo out; echo err >&2");

    executor.start(attempt);

    assertThat(exitCode(attempt)).hasValue(0);
    assertThat(events.getFirst()).isInstanceOf(ExecutionEvent.Started.class);
    assertThat(log(attempt)).contains("out\n", "err\n").hasSize("out\nerr\n".length());
  }

  @Test
  void the_exit_code_is_the_programs_own() {
    Attempt attempt = attempt("code", "exit 42");

    executor.start(attempt);

    assertThat(exitCode(attempt)).hasValue(42);
  }

  @Test
  void a_signal_is_told_as_128_and_its_number() {
    // A child of the first process, so that a container's process 1 is not asked to die by itself.
    Attempt attempt = attempt("signal", tool("sh") + " -c 'kill -KILL $$'; exit $?");

    executor.start(attempt);

    assertThat(exitCode(attempt)).hasValue(137);
  }

  @Test
  void the_environment_is_the_attempts_and_nothing_of_the_servers() {
    Attempt attempt = attempt("environment", tool("env"));

    executor.start(attempt);

    assertThat(exitCode(attempt)).hasValue(0);
    assertThat(log(attempt)).contains("AWS_BATCH_JOB_ATTEMPT=1").contains("FROM_AROUND=yes");
    assertThat(
            log(attempt)
                .lines()
                .map(line -> line.replaceAll("=.*", ""))
                .filter(name -> System.getenv().containsKey(name)))
        .isSubsetOf("PATH", "HOME", "TMPDIR", "PWD", "SHLVL", "HOSTNAME", "OLDPWD", "_");
  }

  @Test
  void a_second_start_of_the_same_attempt_runs_nothing_again() {
    Attempt attempt = attempt("twice", "echo ran");

    executor.start(attempt);
    executor.start(attempt);
    assertThat(exitCode(attempt)).hasValue(0);
    restart();
    assertThat(executor.recover(Set.of(attempt.id()), Set.of())).isEmpty();
    executor.start(attempt);

    assertThat(exitCode(attempt)).hasValue(0);
    assertThat(log(attempt)).isEqualTo("ran\n");
  }

  @Test
  void a_polite_stop_lets_the_job_end_in_its_own_way() {
    Attempt attempt =
        attempt(
            "polite",
            "trap 'echo bye; exit 3' TERM; echo up; while :; do " + tool("sleep") + " 0.05; done");
    executor.start(attempt);
    awaitLog(attempt, "up\n");

    executor.stop(attempt.id(), LONG);

    assertThat(exitCode(attempt)).hasValue(3);
    assertThat(log(attempt)).startsWith("up\n").endsWith("bye\n");
  }

  @Test
  void a_job_that_ignores_the_stop_is_killed_after_its_grace() {
    Attempt attempt =
        attempt("deaf", "trap '' TERM; echo up; while :; do " + tool("sleep") + " 0.05; done");
    executor.start(attempt);
    awaitLog(attempt, "up\n");

    executor.stop(attempt.id(), Duration.ofMillis(300));

    assertThat(exitCode(attempt)).hasValue(137);
  }

  @Test
  void a_stop_right_after_the_start_is_not_lost() {
    Attempt attempt = attempt("early", tool("sleep") + " 600");

    executor.start(attempt);
    executor.stop(attempt.id(), Duration.ofMillis(100));

    await().atMost(PATIENCE).until(() -> ended(attempt.id()).isPresent());
  }

  @Test
  void stopping_what_is_not_there_or_has_ended_is_harmless() {
    executor.stop(new AttemptId("nobody", 1), Duration.ZERO);
    Attempt attempt = attempt("ended", "exit 0");
    executor.start(attempt);
    exitCode(attempt);

    executor.stop(attempt.id(), Duration.ZERO);

    assertThat(events.stream().filter(ExecutionEvent.Exited.class::isInstance)).hasSize(1);
  }

  @Test
  void an_image_that_is_not_there_is_refused_in_awss_words() {
    Attempt attempt = attempt("image", "spillway-test/no-such-image:1", List.of("true"), false);

    executor.start(attempt);

    assertThat(startFailure(attempt))
        .startsWith("CannotPullContainerError: ")
        .contains("spillway-test/no-such-image");
  }

  @Test
  void a_program_that_is_not_there_is_refused_in_awss_words() {
    Attempt attempt = attempt("program", image(), List.of("no-such-program"), false);

    executor.start(attempt);

    assertThat(startFailure(attempt))
        .startsWith("CannotStartContainerError: ")
        .contains("no-such-program");
  }

  @Test
  void a_privileged_job_is_refused_where_it_is_not_allowed() {
    Attempt attempt = attempt("privileged", image(), List.of("true"), true);

    executor.start(attempt);

    assertThat(startFailure(attempt)).contains("privileged");
  }

  @Test
  void a_job_that_runs_on_is_adopted_and_its_end_is_told_with_a_whole_log() {
    Attempt attempt =
        attempt(
            "adopted",
            "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); "
                + tool("sleep")
                + " 0.05; done;"
                + " exit 5");
    executor.start(attempt);
    awaitLog(attempt, "line 3\n");

    restart();
    assertThat(executor.recover(Set.of(), Set.of(attempt.id()))).isEmpty();

    assertThat(exitCode(attempt)).hasValue(5);
    assertThat(log(attempt).lines())
        .containsExactlyElementsOf(
            java.util.stream.IntStream.range(0, 40).mapToObj(i -> "line " + i).toList());
    assertThat(events.stream().filter(ExecutionEvent.Lost.class::isInstance)).isEmpty();
  }

  @Test
  void what_ended_while_the_server_was_away_is_told() {
    Attempt attempt = attempt("away", "echo up; " + tool("sleep") + " 1; echo done; exit 6");
    executor.start(attempt);
    awaitLog(attempt, "up\n");

    executor.close();
    await().atMost(PATIENCE).until(() -> hasEndedUnseen(attempt.id()));
    restart();
    assertThat(executor.recover(Set.of(), Set.of(attempt.id()))).isEmpty();

    assertThat(exitCode(attempt)).hasValue(6);
    assertThat(log(attempt)).isEqualTo("up\ndone\n");
  }

  /** Whether the world, not the executor, says that the attempt's program is over. */
  protected abstract boolean hasEndedUnseen(AttemptId attempt);

  @Test
  void a_running_attempt_that_left_no_trace_is_lost() {
    var gone = new AttemptId("gone", 1);

    assertThat(executor.recover(Set.of(), Set.of(gone))).isEmpty();

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(events)
                    .singleElement()
                    .isInstanceOfSatisfying(
                        ExecutionEvent.Lost.class,
                        lost -> assertThat(lost.attempt()).isEqualTo(gone)));
  }

  @Test
  void a_starting_attempt_is_adopted_where_it_runs_and_returned_where_it_does_not() {
    Attempt begun = attempt("begun", "echo up; " + tool("sleep") + " 600");
    var untouched = new AttemptId("untouched", 1);
    executor.start(begun);
    awaitLog(begun, "up\n");

    restart();
    assertThat(executor.recover(Set.of(begun.id(), untouched), Set.of()))
        .containsExactly(untouched);

    await()
        .atMost(PATIENCE)
        .until(() -> events.stream().anyMatch(ExecutionEvent.Started.class::isInstance));
    executor.stop(begun.id(), Duration.ZERO);
    assertThat(exitCode(begun)).isPresent();
  }

  @Test
  void an_orphan_is_stopped_and_removed() {
    Attempt orphan = attempt("orphan", "echo up; " + tool("sleep") + " 600");
    executor.start(orphan);
    awaitLog(orphan, "up\n");

    restart();
    executor.recover(Set.of(), Set.of());

    await().atMost(PATIENCE).until(() -> !traceOf(orphan.id()));
    assertThat(events).isEmpty();
  }

  @Test
  void a_forgotten_attempt_leaves_nothing_but_its_log() {
    Attempt attempt = attempt("par:7", "echo kept");
    executor.start(attempt);
    assertThat(exitCode(attempt)).hasValue(0);
    assertThat(traceOf(attempt.id())).isTrue();

    executor.forget(attempt.id());

    await().atMost(PATIENCE).until(() -> !traceOf(attempt.id()));
    assertThat(log(attempt)).isEqualTo("kept\n");
  }

  protected Attempt attempt(String jobId, String script) {
    List<String> command = new ArrayList<>(List.of(tool("sh").split(" ")));
    command.addAll(List.of("-c", script));
    return attempt(jobId, image(), command, false);
  }

  private Attempt attempt(String jobId, String image, List<String> command, boolean privileged) {
    SortedMap<String, String> environment = new TreeMap<>(Map.of("AWS_BATCH_JOB_ATTEMPT", "1"));
    return new Attempt(
        new AttemptId(jobId, 1),
        image,
        command,
        environment,
        0.25,
        64,
        Optional.empty(),
        privileged,
        false,
        data.resolve("logs").resolve(jobId).resolve("1.log"),
        ContainerOptions.NONE);
  }

  protected static AmbientEnvironment around() {
    return _ -> Map.of("FROM_AROUND", "yes", "AWS_BATCH_JOB_ATTEMPT", "overridden");
  }

  protected void begin(Attempt attempt) {
    executor.start(attempt);
  }

  protected OptionalInt exitCode(Attempt attempt) {
    return exit(attempt).exitCode();
  }

  protected ExecutionEvent.Exited exit(Attempt attempt) {
    await().atMost(PATIENCE).until(() -> ended(attempt.id()).isPresent());
    return (ExecutionEvent.Exited) ended(attempt.id()).orElseThrow();
  }

  private String startFailure(Attempt attempt) {
    await().atMost(PATIENCE).until(() -> ended(attempt.id()).isPresent());
    return ((ExecutionEvent.StartFailed) ended(attempt.id()).orElseThrow()).reason();
  }

  private Optional<ExecutionEvent> ended(AttemptId attempt) {
    return events.stream()
        .filter(event -> event.attempt().equals(attempt))
        .filter(event -> !(event instanceof ExecutionEvent.Started))
        .findFirst();
  }

  private void awaitLog(Attempt attempt, String text) {
    await().atMost(PATIENCE).until(() -> log(attempt).contains(text));
  }

  protected static String log(Attempt attempt) {
    try {
      return Files.exists(attempt.log()) ? Files.readString(attempt.log()) : "";
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
