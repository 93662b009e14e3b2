package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Hops that the runner gives up: in a queue without a place, and because the user says so. */
class GivenUpTest {
  private static final String ON_BATCH = "{'workload': 'resize', 'disk': '12 GiB'}";
  private static final long NO_CAPACITY_AFTER =
      Bench.SETTINGS.fallback().noCapacityAfter().toSeconds();

  private final Bench bench = new Bench();

  private List<Hop> hops(Task task) {
    return bench.now(task).journey().hops();
  }

  @Test
  void a_job_without_a_place_is_stopped_and_what_it_does_after_that_is_late() {
    Task task = bench.submit(ON_BATCH);
    bench.pass(NO_CAPACITY_AFTER);
    assertThat(bench.batch.cancelled).containsKey("job-1");
    assertThat(bench.batch.starts.get("job-2").jobQueue()).isEqualTo("steady");
    bench.batch.succeed("job-2", Doubles.START, Doubles.START);
    bench.settle();
    bench.batch.succeed("job-1", Doubles.START, Doubles.START);
    bench.settle();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.SUCCEEDED);
    assertThat(hops(task))
        .extracting(Hop::status, Hop::late, Hop::cause)
        .containsExactly(
            tuple(Hop.Status.ABANDONED, true, Optional.of(Cause.NO_CAPACITY)),
            tuple(Hop.Status.SUCCEEDED, false, Optional.empty()));
  }

  @Test
  void a_job_that_left_its_queue_while_nobody_was_told_is_not_given_up() {
    Task task = bench.submit(ON_BATCH);
    // No event: as when the server was down.
    bench.batch.jobs.put(
        "job-1", Doubles.Batch.job("job-1", "RUNNING", null, null, null, List.of()));
    bench.pass(NO_CAPACITY_AFTER);
    assertThat(bench.batch.cancelled).isEmpty();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void a_call_that_is_cancelled_while_it_waits_for_a_place_is_stopped_and_never_runs() {
    bench.functions.places = 1;
    Task first = bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S'}");
    Task second = bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S'}");
    bench.runner.cancel(second.taskId(), "enough");
    bench.settle();
    assertThat(hops(second)).extracting(Hop::status).containsExactly(Hop.Status.STOPPED);
    bench.functions.succeed(first.hopKey(1), "{}");
    bench.settle();
    assertThat(bench.functions.started).containsExactly(first.hopKey(1));
  }

  @Test
  void a_restart_forgets_no_time_in_the_queue() {
    Task task = bench.submit(ON_BATCH);
    bench.pass(NO_CAPACITY_AFTER - 1);
    bench.runner.recover();
    bench.settle();
    assertThat(hops(task)).hasSize(1);
    bench.pass(1);
    assertThat(hops(task)).hasSize(2);
  }

  @Test
  void memory_that_ran_out_is_asked_for_twice_over_in_the_next_job() {
    Task task = bench.submit(ON_BATCH);
    assertThat(bench.batch.starts.get("job-1").memoryMib()).hasValue(1024);
    bench.batch.fail(
        "job-1",
        "Essential container in task exited",
        137,
        "OutOfMemoryError: Container killed due to memory usage",
        Doubles.START,
        Doubles.START);
    bench.settle();
    assertThat(bench.batch.starts.get("job-2").memoryMib()).hasValue(2048);
    assertThat(hops(task).getFirst().cause()).contains(Cause.OUT_OF_MEMORY);
  }

  private void failsSaying(String job, Task task, int hop, String error) {
    bench.objects.put(
        JobErrors.location(ObjectStore.TASKS_BUCKET, task.taskId(), hop),
        error.getBytes(StandardCharsets.UTF_8));
    bench.batch.fail(
        job, "Essential container in task exited", 1, null, Doubles.START, Doubles.START);
    bench.settle();
  }

  @Test
  void a_job_says_why_it_failed_and_is_understood_as_a_function_is() {
    Task task = bench.submit(ON_BATCH);
    assertThat(bench.batch.starts.get("job-1").environment())
        .containsEntry(
            "SPILLWAY_ERROR_S3", "s3://spillway/tasks/" + task.taskId() + "/hop-1/error.json");
    failsSaying(
        "job-1",
        task,
        1,
        "{\"errorType\":\"java.lang.OutOfMemoryError\",\"errorMessage\":\"Java heap space\"}");
    assertThat(hops(task).getFirst().cause()).contains(Cause.OUT_OF_MEMORY);
    assertThat(bench.batch.starts.get("job-2").memoryMib()).hasValue(2048);
  }

  @Test
  void a_retry_rule_for_an_error_type_holds_for_a_job_too() {
    Task task =
        bench.submit(
            "{'workload': 'resize', 'disk': '12 GiB', 'retryStrategy': {'attempts': 3,"
                + " 'evaluateOnExit': [{'onErrorType': 'Busy*', 'action': 'RETRY'},"
                + " {'onExitCode': '*', 'action': 'EXIT'}]}}");
    failsSaying("job-1", task, 1, "{\"errorType\":\"BusyException\",\"errorMessage\":\"later\"}");
    assertThat(hops(task)).extracting(Hop::leg).containsExactly(0, 0);
    failsSaying("job-2", task, 2, "no JSON");
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(hops(task)).hasSize(2);
  }

  @Test
  void a_cancel_reaches_a_job_in_its_queue_at_its_start_and_while_it_runs() {
    for (String status : List.of("RUNNABLE", "STARTING", "RUNNING")) {
      Task task = bench.submit(ON_BATCH);
      String job = bench.now(task).journey().openHop().flatMap(Hop::jobId).orElseThrow();
      bench.batch.move(job, status);
      bench.settle();
      assertThat(bench.now(task).status().name()).isEqualTo(status);
      bench.requests.cancel(task.taskId(), "enough of " + status);
      bench.settle();
      assertThat(bench.batch.cancelled).containsEntry(job, "enough of " + status);
      assertThat(bench.now(task).status()).isEqualTo(TaskStatus.FAILED);
    }
  }

  @Test
  void a_cancel_reaches_a_function_that_runs_one_that_was_throttled_and_a_task_that_waits() {
    Task runs = bench.submit("{'workload': 'resize'}");
    bench.requests.cancel(runs.taskId(), "enough");
    assertThat(bench.functions.cancelled).contains(runs.hopKey(1));

    Task throttled = bench.submit("{'workload': 'resize'}");
    bench.functions.refuse(throttled.hopKey(1), 429, "TooManyRequestsException", "Rate Exceeded.");
    bench.settle();
    bench.requests.cancel(throttled.taskId(), "enough");
    bench.pass(100);
    assertThat(bench.functions.started)
        .filteredOn(throttled.hopKey(1)::equals)
        .as("it is not sent again")
        .hasSize(1);

    Task first = bench.submit("{'workload': 'resize'}");
    Task pending =
        bench.submit("{'workload': 'resize', 'dependsOn': [{'taskId': '" + first.taskId() + "'}]}");
    bench.requests.cancel(pending.taskId(), "enough");
    bench.functions.succeed(first.hopKey(1), "1");
    bench.settle();
    assertThat(bench.now(pending).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(hops(pending)).isEmpty();
  }
}
