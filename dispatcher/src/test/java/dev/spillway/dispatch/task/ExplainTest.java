package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.Story;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a user reads at 3 a.m., compared with the transcripts beside this test. */
class ExplainTest {
  private final Bench bench = new Bench();

  private void reads(Task task, String file) throws Exception {
    String told = String.join("\n", told(task)) + "\n";
    // After a change of words: -Dspillway.explain.write=FOLDER, and read what changed.
    String folder = System.getProperty("spillway.explain.write", "");
    if (!folder.isEmpty()) {
      Files.writeString(Path.of(folder, file), told);
      return;
    }
    try (var in = ExplainTest.class.getResourceAsStream("/dev/spillway/dispatch/explain/" + file)) {
      String expected = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(told).as(file).isEqualTo(expected);
    }
  }

  @Test
  void a_fallback_that_succeeded() throws Exception {
    Task task =
        bench.submit("{'workload': 'resize', 'name': 'acme-feed', 'expectedDuration': 'PT1S'}");
    bench.pass(3);
    bench.functions.fail(
        task.hopKey(1),
        "Function.Unknown",
        "2026-11-21T02:00:07.848Z 918ef092-d1a7 Task timed out after 3.00 seconds");
    bench.settle();
    bench.pass(1);
    bench.batch.move("job-1", "RUNNING");
    bench.settle();
    bench.pass(11);
    bench.batch.succeed("job-1", Doubles.START.plusSeconds(4), Doubles.START.plusSeconds(15));
    bench.settle();
    reads(task, "fell-back.txt");
  }

  @Test
  void a_task_that_waits_in_a_queue() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'name': 'wall-80MP', 'disk': '12 GiB'}");
    bench.pass(492);
    reads(task, "queued.txt");
  }

  @Test
  void a_task_that_travels_with_tasks_like_it() throws Exception {
    bench.runner.packBy(_ -> true);
    String wall = "{'workload': 'resize', 'name': 'wall-%d', 'disk': '12 GiB'}";
    List<Task> two =
        bench.submitAll("{'tasks': [" + wall.formatted(1) + ", " + wall.formatted(2) + "]}");
    bench.pass(1);
    bench.pass(491);
    reads(two.get(1), "packed.txt");
  }

  @Test
  void a_job_that_got_no_place_and_then_waits_in_the_last_queue() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'name': 'wall-80MP', 'disk': '12 GiB'}");
    bench.batch.set(
        Doubles.Batch.job(
            "job-1",
            "RUNNABLE",
            "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested"
                + " for instance type [m5.large]",
            null,
            null,
            List.of()));
    bench.settle();
    bench.pass(600);
    bench.batch.fail(
        "job-1", "It got no place", null, null, Doubles.START, Doubles.START.plusSeconds(601));
    bench.pass(300);
    reads(task, "no-capacity.txt");
  }

  @Test
  void an_open_circuit_with_another_route_and_without_one() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'name': 'acme-feed'}");
    bench.functions.refuse(
        task.hopKey(1), 503, "CircuitOpenException", "12 of the last 20 calls of resize failed.");
    bench.settle();
    bench.batch.succeed("job-1", Doubles.START.plusSeconds(1), Doubles.START.plusSeconds(9));
    bench.pass(9);
    reads(task, "circuit-open.txt");
    Task only = bench.submit("{'workload': 'only-function', 'name': 'thumb'}");
    bench.functions.refuse(
        only.hopKey(1), 503, "CircuitOpenException", "12 of the last 20 calls of f failed.");
    bench.settle();
    reads(only, "circuit-open-waits.txt");
  }

  @Test
  void a_spot_instance_that_was_reclaimed_twice() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'name': 'render-9', 'disk': '12 GiB'}");
    String lost = "Host EC2 (instance i-0c2f41) terminated.";
    bench.batch.set(
        Doubles.Batch.job(
            "job-1",
            "FAILED",
            "Host EC2 (instance i-0d1e77) terminated.",
            null,
            null,
            List.of(
                Doubles.Batch.attempt(
                    Doubles.START.plusSeconds(5), Doubles.START.plusSeconds(65), null, null, lost),
                Doubles.Batch.attempt(
                    Doubles.START.plusSeconds(90),
                    Doubles.START.plusSeconds(100),
                    null,
                    null,
                    "Host EC2 (instance i-0d1e77) terminated."))));
    bench.pass(100);
    bench.batch.succeed("job-2", Doubles.START.plusSeconds(130), Doubles.START.plusSeconds(190));
    bench.pass(90);
    reads(task, "reclaimed-twice.txt");
  }

  @Test
  void a_disk_that_was_full() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'name': 'unpack'}");
    bench.functions.fail(task.hopKey(1), "java.io.IOException", "No space left on device");
    bench.settle();
    reads(task, "disk-full.txt");
  }

  @Test
  void a_task_that_waits_for_another_and_fails_with_it() throws Exception {
    List<Task> both =
        bench.submitAll(
            "{'tasks': [{'name': 'collect', 'workload': 'resize'},"
                + "{'name': 'feed', 'workload': 'feed', 'payload': {'shop': 'acme'}, 'dependsOn': [{'name': 'collect'}]}]}");
    bench.pass(65);
    reads(both.getLast(), "pending.txt");
    bench.functions.fail(
        both.getFirst().hopKey(1), "java.lang.IllegalStateException", "no such shop");
    bench.settle();
    reads(both.getFirst(), "code-failed.txt");
    reads(both.getLast(), "dependency-failed.txt");
  }

  @Test
  void a_task_that_runs_and_one_that_was_throttled() throws Exception {
    Task task = bench.submit("{'workload': 'only-function', 'name': 'thumb'}");
    reads(task, "running.txt");
    bench.functions.refuse(task.hopKey(1), 429, "TooManyRequestsException", "Rate Exceeded.");
    bench.settle();
    reads(task, "throttled.txt");
  }

  @Test
  void more_memory_where_it_ran_out() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'name': 'big'}");
    bench.functions.fail(task.hopKey(1), "java.lang.OutOfMemoryError", "Java heap space");
    bench.settle();
    bench.batch.fail(
        "job-1",
        "Essential container in task exited",
        137,
        "OutOfMemoryError: Container killed due to memory usage",
        Doubles.START.plusSeconds(1),
        Doubles.START.plusSeconds(2));
    bench.settle();
    bench.batch.succeed("job-2", Doubles.START.plusSeconds(3), Doubles.START.plusSeconds(4));
    bench.pass(4);
    reads(task, "raised.txt");
  }

  @Test
  void what_comes_from_outside_stays_on_its_line_and_moves_no_cursor() {
    Task cancelled = bench.submit("{'workload': 'resize', 'name': 'a'}");
    bench.tasks.cancel(
        cancelled.taskId(), "no\r\n  SUCCEEDED on function\u2028\tat \u001b[2J\u009b\u202eend");
    assertThat(told(cancelled).getFirst())
        .endsWith(": no SUCCEEDED on function at \\u001b[2J\\u009b\\u202eend.");
    Task failed = bench.submit("{'workload': 'only-function', 'name': 'b'}");
    bench.functions.fail(failed.hopKey(1), "Error", "one\ntwo");
    bench.settle();
    assertThat(told(failed))
        .anyMatch(line -> line.contains("\"Error: one two\""))
        .noneMatch(line -> line.contains("\n"));
  }

  private List<String> told(Task task) {
    return Story.tell(
        Stories.subject(bench.now(task), bench.tasks::title),
        bench.now(task).journey(),
        bench.clock.instant());
  }
}
