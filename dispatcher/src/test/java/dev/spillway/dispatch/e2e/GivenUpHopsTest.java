package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.wiring.Server;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hops that were given up, on the real engine and the real function service of a server in this
 * JVM: a cancel reaches them wherever they are, and a success that comes too late counts for
 * nothing.
 */
@Tag("e2e")
class GivenUpHopsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir static Path temp;
  private static FaultStack stack;
  private static Server server;
  private static TaskClient tasks;

  @BeforeAll
  static void serve() throws Exception {
    System.setProperty(HeldEnds.PROPERTY, "true");
    stack = new FaultStack(temp);
    stack
        .function("call", "", "")
        .job("quick")
        .job("stay", "stay")
        .queue("spot", "SPOT", 10, 4)
        .queue("full", "SPOT", 500, 2)
        .queue("steady", "EC2", 1, 4);
    String[] options =
        stack.options(
            "runner: process\nfunction.concurrency: 1\nfallback.noCapacityAfter: PT6S\n"
                + "batch: {stopGrace: PT1S, launchDelay: PT1S, keepIdle: PT0S}\n"
                + "server: {port: 0, s3Port: 0}\n");
    Configuration settings =
        Configuration.load(
            Optional.of(Path.of(options[1])),
            Map.of(Setting.DATA_DIR, stack.data().toString(), Setting.TEMPLATE, options[3]),
            new Configuration.Host(Map.of(), temp, temp, true, 2, 4096));
    server = Server.start(settings, Instant.now());
    tasks = new TaskClient(server.url());
  }

  @AfterAll
  static void stop() {
    System.clearProperty(HeldEnds.PROPERTY);
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void tellAll() {
    HeldEnds.release();
  }

  private static void cancel(String taskId) {
    tasks.post("/tasks/" + taskId + ":cancel", "{\"reason\":\"enough of it\"}");
    JsonNode task = tasks.ended(taskId, PATIENCE);
    assertThat(task.path("status").asText()).isEqualTo("FAILED");
    assertThat(task.path("statusReason").asText()).isEqualTo("enough of it");
  }

  private static String stay(String more) {
    return tasks.submit("{\"workload\":\"stay\"" + more + "}");
  }

  private static void runs(String taskId) {
    await().atMost(PATIENCE).until(() -> tasks.status(taskId).equals("RUNNING"));
    await().atMost(PATIENCE).until(() -> ran(taskId) == 1);
  }

  private static long ran(String taskId) {
    return stack.runs().stream().filter(line -> line.startsWith(taskId)).count();
  }

  private static JsonNode hop(String taskId) {
    return tasks.task(taskId).path("hops").path(0);
  }

  private static String jobStatus(String taskId) {
    return tasks
        .post("/v1/describejobs", "{\"jobs\":[\"" + hop(taskId).path("jobId").asText() + "\"]}")
        .path("jobs")
        .path(0)
        .path("status")
        .asText();
  }

  @Test
  void a_cancel_reaches_a_job_that_runs_one_that_waits_in_its_queue_and_a_task_that_waits_for_it() {
    String runs = stay(",\"priority\":500,\"vcpus\":2,\"routes\":[\"batch-spot\"]");
    runs(runs);
    String queued = stay(",\"priority\":500,\"vcpus\":2,\"routes\":[\"batch-spot\"]");
    await().atMost(PATIENCE).until(() -> jobStatus(queued).equals("RUNNABLE"));
    String pending = stay(",\"dependsOn\":[{\"taskId\":\"" + runs + "\"}]");
    assertThat(tasks.status(pending)).isEqualTo("PENDING");

    cancel(pending);
    cancel(queued);
    await().atMost(PATIENCE).until(() -> jobStatus(queued).equals("FAILED"));
    cancel(runs);
    await().atMost(PATIENCE).until(() -> jobStatus(runs).equals("FAILED"));
    await().atMost(PATIENCE).until(() -> hop(runs).path("status").asText().equals("stopped"));
    assertThat(ran(queued)).isZero();
    assertThat(ran(pending)).isZero();
  }

  @Test
  void a_cancel_reaches_a_function_that_runs_and_one_that_waits_for_its_place() {
    String call = "{\"workload\":\"call\",\"payload\":{\"text\":\"x\",\"fault\":\"%s\"}}";
    String runs = tasks.submit(call.formatted("sleep"));
    runs(runs);
    String waits = tasks.submit(call.formatted("none"));
    assertThat(tasks.status(waits)).isEqualTo("RUNNABLE");
    assertThat(tasks.explain(waits)).contains("It waits for a free function environment.");

    cancel(waits);
    long begun = System.nanoTime();
    cancel(runs);
    JsonNode next = tasks.ended(tasks.submit(call.formatted("none")), PATIENCE);
    assertThat(next.path("status").asText()).isEqualTo("SUCCEEDED");
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .as("the place of a function that would have slept for 30 s is free")
        .isLessThan(Duration.ofSeconds(15));
    assertThat(ran(waits)).isZero();
  }

  @Test
  void a_job_that_succeeded_before_its_cancel_was_heard_is_late_and_counts_for_nothing() {
    HeldEnds.hold();
    String id = tasks.submit("{\"workload\":\"quick\",\"routes\":[\"batch-ec2\"]}");
    await().atMost(PATIENCE).until(() -> hop(id).has("jobId"));
    await().atMost(PATIENCE).until(() -> jobStatus(id).equals("SUCCEEDED"));
    late(id);
  }

  @Test
  void a_function_that_answered_before_its_cancel_was_heard_is_late_and_counts_for_nothing() {
    HeldEnds.hold();
    String id = tasks.submit("{\"workload\":\"call\",\"payload\":{\"text\":\"x\"}}");
    await().atMost(PATIENCE).until(() -> HeldEnds.held() > 0);
    late(id);
  }

  private static void late(String id) {
    assertThat(tasks.status(id)).isIn("RUNNABLE", "RUNNING");
    cancel(id);
    HeldEnds.release();
    await().atMost(PATIENCE).until(() -> hop(id).path("late").asBoolean());
    JsonNode task = tasks.task(id);
    assertThat(task.path("status").asText()).isEqualTo("FAILED");
    assertThat(task.has("result")).isFalse();
    assertThat(hop(id).path("status").asText()).isEqualTo("abandoned");
    assertThat(ran(id)).isEqualTo(1);
    assertThat(tasks.explain(id))
        .contains("It succeeded after that; that does not count, and is marked late.");
  }

  @Test
  void a_job_that_ended_unheard_is_taken_and_not_given_up_when_its_time_in_the_queue_is_over() {
    HeldEnds.hold();
    String id = tasks.submit("{\"workload\":\"quick\"}");
    JsonNode task = tasks.ended(id, PATIENCE);
    assertThat(task.path("status").asText()).isEqualTo("SUCCEEDED");
    assertThat(task.path("hops")).hasSize(1);
    assertThat(HeldEnds.held()).as("what was told of it and not heard").isPositive();
    assertThat(List.of(ran(id))).containsExactly(1L);
  }
}
