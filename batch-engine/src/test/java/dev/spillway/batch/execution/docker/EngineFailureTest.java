package dev.spillway.batch.execution.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.core.DefaultDockerClientConfig;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.testkit.PrivateEngine;
import dev.spillway.batch.testkit.RequiresDocker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong with an engine, done to one of the test's own. */
@RequiresDocker
class EngineFailureTest {
  private final Path folder = make();
  private PrivateEngine engine;
  private DockerEngine client;
  private DockerRig rig;

  /** Short: a socket's path has at most 107 characters. */
  private static Path make() {
    try {
      return Files.createTempDirectory("spw");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void open(boolean liveRestore) {
    engine = new PrivateEngine(folder, liveRestore);
    client =
        DockerEngine.find(
                DefaultDockerClientConfig.createDefaultConfigBuilder()
                    .withDockerHost(engine.host())
                    .withDockerTlsVerify(false)
                    .build())
            .orElseThrow();
    rig = new DockerRig(client, folder);
  }

  @AfterEach
  void close() {
    rig.executor.close();
    client.close();
    engine.close();
  }

  private Attempt counting(String id, int seconds, int exitCode) {
    return attempt(
        id,
        "i=0; while [ $i -lt %d ]; do echo line $i; i=$((i+1)); /bin/busybox sleep 1; done; exit %d"
            .formatted(seconds, exitCode));
  }

  private Attempt attempt(String id, String script) {
    return DockerRig.attempt(folder, new AttemptId(id, 1), ContainerOptions.NONE, script);
  }

  private void awaitLine(Attempt attempt, String line) {
    await().atMost(DockerRig.PATIENCE).until(() -> DockerRig.log(attempt).contains(line + "\n"));
  }

  private static void whole(Attempt attempt, int lines) {
    assertThat(DockerRig.log(attempt).lines())
        .containsExactlyElementsOf(IntStream.range(0, lines).mapToObj(i -> "line " + i).toList());
  }

  @Test
  void an_engine_that_lets_containers_live_is_stopped_and_started_under_them() {
    open(true);
    Attempt goesOn = counting("on", 12, 5);
    Attempt endsMeanwhile = counting("meanwhile", 4, 6);
    rig.executor.start(goesOn);
    rig.executor.start(endsMeanwhile);
    awaitLine(goesOn, "line 1");
    awaitLine(endsMeanwhile, "line 1");

    engine.stop();
    await().pollDelay(Duration.ofSeconds(5)).atMost(Duration.ofSeconds(6)).until(() -> true);
    engine.start();

    assertThat(exitCode(goesOn)).isEqualTo(5);
    whole(goesOn, 12);
    // What one wrote that ended while its engine was away, the engine has not got.
    assertThat(exitCode(endsMeanwhile)).isEqualTo(6);
    assertThat(DockerRig.log(endsMeanwhile)).startsWith("line 0\nline 1\n");
  }

  private int exitCode(Attempt attempt) {
    return ((ExecutionEvent.Exited) rig.end(attempt.id())).exitCode().getAsInt();
  }

  @Test
  void an_engine_that_stops_its_containers_is_a_lost_host() {
    open(false);
    Attempt attempt = counting("stopped", 600, 0);
    rig.executor.start(attempt);
    awaitLine(attempt, "line 1");

    engine.stop();
    engine.start();

    assertThat(rig.end(attempt.id())).isInstanceOf(ExecutionEvent.Lost.class);
  }

  @Test
  void an_engine_that_is_killed_is_a_lost_host() {
    open(false);
    Attempt attempt = counting("killed", 600, 0);
    rig.executor.start(attempt);
    awaitLine(attempt, "line 1");

    engine.kill();
    engine.start();

    assertThat(rig.end(attempt.id())).isInstanceOf(ExecutionEvent.Lost.class);
  }

  @Test
  void an_attempt_that_should_start_while_the_engine_is_away_is_told() {
    open(false);
    engine.stop();
    Attempt attempt = counting("away", 1, 0);
    rig.executor.start(attempt);
    assertThat(rig.end(attempt.id()))
        .isInstanceOfSatisfying(
            ExecutionEvent.StartFailed.class,
            failed -> assertThat(failed.reason()).startsWith("Cannot"));
    engine.start();
  }

  @Test
  void an_image_that_is_removed_fails_those_that_need_it_and_no_others() {
    open(false);
    engine.addImage("spillway-test/doomed:1");
    Attempt before =
        DockerRig.attempt(
            folder,
            new AttemptId("before", 1),
            ContainerOptions.NONE,
            "spillway-test/doomed:1",
            "echo ran; /bin/busybox sleep 3; exit 4");
    rig.executor.start(before);
    awaitLine(before, "ran");

    engine.removeImage("spillway-test/doomed:1");
    Attempt after =
        DockerRig.attempt(
            folder,
            new AttemptId("after", 1),
            ContainerOptions.NONE,
            "spillway-test/doomed:1",
            "echo ran");
    Attempt other = attempt("other", "exit 7");
    rig.executor.start(after);
    rig.executor.start(other);

    assertThat(rig.end(after.id()))
        .isInstanceOfSatisfying(
            ExecutionEvent.StartFailed.class,
            failed ->
                assertThat(failed.reason())
                    .startsWith("CannotPullContainerError: ")
                    .contains("spillway-test/doomed:1"));
    assertThat(exitCode(other)).isEqualTo(7);
    assertThat(exitCode(before)).isEqualTo(4);
  }

  @Test
  void a_container_that_ignores_sigterm_is_killed_when_its_grace_is_over() {
    open(false);
    Attempt attempt =
        attempt("deaf", "trap '' TERM; echo up; while :; do /bin/busybox sleep 0.1; done");
    rig.executor.start(attempt);
    awaitLine(attempt, "up");
    long asked = System.nanoTime();

    rig.executor.stop(attempt.id(), Duration.ofSeconds(2));

    assertThat(exitCode(attempt)).isEqualTo(137);
    assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThan(Duration.ofSeconds(2));
  }

  @Test
  void ten_thousand_lines_a_second_are_kept_to_the_last_one() {
    open(false);
    int lines = 60_000;
    Attempt attempt =
        attempt(
            "talker",
            "/bin/busybox awk 'BEGIN{for(i=1;i<=%d;i++) print \"line \" i \" of a job that talks\"}'"
                .formatted(lines));
    long start = System.nanoTime();
    rig.executor.start(attempt);
    assertThat(exitCode(attempt)).isZero();
    double seconds = (System.nanoTime() - start) / 1e9;
    List<String> log = DockerRig.log(attempt).lines().toList();
    System.out.printf(
        "log: %d lines in %.1f s with start and end, %.0f a second%n",
        log.size(), seconds, log.size() / seconds);
    assertThat(log).hasSize(lines);
    assertThat(log.getLast()).startsWith("line " + lines + " ");
  }
}
