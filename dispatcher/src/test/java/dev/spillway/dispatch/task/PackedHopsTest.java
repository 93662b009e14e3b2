package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.Workload.JobForm;
import dev.spillway.dispatch.stack.Workloads;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Like hops that are sent together share one array job; to each task it is a job of its own. */
class PackedHopsTest {
  private final Bench bench = new Bench();

  @BeforeEach
  void pack() {
    bench.runner.packBy(_ -> true);
  }

  private static String feed(String shop, int number) {
    return "{'workload': 'feed', 'payload': {'shop': '" + shop + "', 'n': " + number + "}}";
  }

  private List<Task> burst(Bench on, String shop, int many) {
    List<String> tasks = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      tasks.add(feed(shop, i));
    }
    return on.submitAll("{'tasks': [" + String.join(",", tasks) + "]}");
  }

  private Hop hop(Task task) {
    return bench.now(task).journey().hops().getFirst();
  }

  private List<String> lines(Start start, String variable) {
    byte[] content = bench.objects.content.get(start.environment().get(variable));
    return new String(content, StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void a_burst_of_like_tasks_is_one_array_job_and_each_has_its_child() {
    List<Task> tasks = burst(bench, "acme", 5);
    assertThat(bench.batch.asked).isEmpty();
    bench.pass(1);
    assertThat(bench.batch.asked).hasSize(1);
    Start start = bench.batch.asked.getFirst();
    assertThat(start.arraySize()).isEqualTo(OptionalInt.of(5));
    assertThat(start.parameters()).containsEntry("shop", "acme");
    assertThat(start.environment()).doesNotContainKeys("SPILLWAY_TASK_ID", "SPILLWAY_PAYLOAD");
    for (int i = 0; i < 5; i++) {
      Hop hop = hop(tasks.get(i));
      int index = hop.pack().orElseThrow().index();
      assertThat(hop.jobId()).hasValue("job-1:" + index);
      assertThat(lines(start, "SPILLWAY_PAYLOADS_S3").get(index)).contains("\"n\":" + i);
      assertThat(lines(start, "SPILLWAY_MEMBERS_S3").get(index))
          .contains("\"SPILLWAY_TASK_ID\":\"" + tasks.get(i).taskId() + "\"")
          .contains("tasks/" + tasks.get(i).taskId() + "/hop-1/result.json");
    }
  }

  @Test
  void each_member_ends_by_itself() {
    List<Task> tasks = burst(bench, "acme", 3);
    bench.pass(1);
    bench.batch.succeed(
        hop(tasks.get(1)).jobId().orElseThrow(), Doubles.START, Doubles.START.plusSeconds(3));
    bench.batch.move(hop(tasks.get(2)).jobId().orElseThrow(), "RUNNING");
    bench.settle();
    assertThat(tasks)
        .extracting(t -> bench.now(t).status())
        .containsExactly(TaskStatus.RUNNABLE, TaskStatus.SUCCEEDED, TaskStatus.RUNNING);
  }

  @Test
  void a_task_that_finds_no_company_is_a_job_of_its_own() {
    Task task = bench.submit(feed("acme", 1));
    bench.pass(1);
    assertThat(bench.batch.asked)
        .singleElement()
        .satisfies(
            start -> {
              assertThat(start.arraySize()).isEmpty();
              assertThat(start.hopKey()).isEqualTo(task.taskId() + "/1");
              assertThat(start.again()).isFalse();
              assertThat(start.environment()).containsKey("SPILLWAY_PAYLOAD");
            });
    assertThat(hop(task).pack()).isEmpty();
  }

  @Test
  void only_those_alike_in_parameters_environment_tags_and_size_travel_together() {
    String odd = "{'workload': 'feed', 'payload': {'shop': 'acme'}, ";
    bench.submitAll(
        "{'tasks': ["
            + String.join(
                ",",
                feed("acme", 1),
                feed("acme", 2),
                feed("other", 3),
                odd + "'environment': [{'name': 'A', 'value': 'b'}]}",
                odd + "'tags': {'team': 'data'}}",
                odd + "'memory': '3 GiB'}",
                odd + "'timeout': 'PT40M'}",
                odd + "'retryStrategy': {'attempts': 5}}")
            + "]}");
    bench.pass(1);
    assertThat(bench.batch.asked)
        .extracting(start -> start.arraySize().orElse(1))
        .containsExactlyInAnyOrder(3, 1, 1, 1, 1, 1);
  }

  @Test
  void who_keeps_coming_is_waited_for_but_not_for_long() {
    for (int i = 0; i < 12; i++) {
      bench.submit(feed("acme", i));
      bench.clock.now = bench.clock.now.plusMillis(200);
      bench.pass(0);
    }
    assertThat(bench.batch.asked)
        .singleElement()
        .satisfies(start -> assertThat(start.arraySize().getAsInt()).isBetween(9, 11));
  }

  @Test
  void a_payload_that_is_large_or_has_several_lines_travels_beside_its_line() {
    Task large =
        bench.submit(
            "{'workload': 'feed', 'payload': {'shop': 'acme', 'x': '" + "y".repeat(5000) + "'}}");
    bench.submit(feed("acme", 1));
    bench.pass(1);
    Start start = bench.batch.asked.getFirst();
    String line = lines(start, "SPILLWAY_PAYLOADS_S3").get(hop(large).pack().orElseThrow().index());
    assertThat(line)
        .startsWith("{\"$s3\":\"s3://spillway/tasks/" + large.taskId() + "/payload.json\"");
  }

  @Test
  void a_member_that_is_cancelled_while_it_waits_for_company_leaves() {
    List<Task> tasks = burst(bench, "acme", 3);
    bench.runner.cancel(tasks.get(1).taskId(), "no need");
    bench.settle();
    bench.pass(1);
    assertThat(bench.batch.asked.getFirst().arraySize()).hasValue(2);
    assertThat(hop(tasks.get(1)).live()).isFalse();
    assertThat(bench.batch.cancelled).isEmpty();
  }

  @Test
  void a_member_that_is_cancelled_while_its_pack_is_sent_is_stopped_when_its_child_is_known() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 3);
    bench.pass(1);
    bench.runner.cancel(tasks.get(1).taskId(), "no need");
    bench.settle();
    answer();
    int index = hop(tasks.get(1)).pack().orElseThrow().index();
    assertThat(bench.batch.cancelled).containsExactly(Map.entry("job-9:" + index, "no need"));
    assertThat(bench.now(tasks.get(1)).status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void a_member_that_is_cancelled_before_its_place_is_stored_is_stopped_over_a_restart_too() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 3);
    closeOnly();
    bench.runner.cancel(tasks.get(1).taskId(), "no need");
    bench.settle();
    assertThat(bench.batch.asked.getFirst().arraySize()).hasValue(3);
    Bench next = new Bench(bench.store);
    next.batch.idByKey.put(bench.batch.asked.getFirst().hopKey(), "job-9");
    for (int i = 0; i < 3; i++) {
      next.batch.jobs.put(
          "job-9:" + i, Doubles.Batch.job("job-9:" + i, "RUNNABLE", null, null, null, List.of()));
    }
    next.runner.recover();
    next.settle();
    int index = hop(tasks.get(1)).pack().orElseThrow().index();
    assertThat(next.batch.cancelled).containsExactly(Map.entry("job-9:" + index, "no need"));
  }

  /** The group is closed, and nobody has handled that yet. */
  private void closeOnly() {
    bench.clock.plusSeconds(1);
    bench.runner.closePacks();
  }

  @Test
  void a_member_that_is_over_before_its_place_is_stored_leaves_a_child_that_is_stopped() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 3);
    closeOnly();
    bench.runner.cancel(tasks.get(1).taskId(), "no need");
    bench.runner.handle(new Message.JobTold(new Event.Absent(tasks.get(1).hopKey(1))));
    bench.settle();
    assertThat(hop(tasks.get(1)).pack()).isEmpty();
    answer();
    assertThat(bench.batch.cancelled)
        .containsExactly(Map.entry("job-9:1", "It ended before it was sent."));
    assertThat(hop(tasks.get(2)).jobId()).hasValue("job-9:2");
  }

  @Test
  void a_hop_that_was_given_up_while_it_found_no_company_is_done_with() {
    Task task = bench.submit(feed("acme", 1));
    closeOnly();
    bench.runner.cancel(task.taskId(), "no need");
    bench.settle();
    assertThat(bench.batch.asked).isEmpty();
    assertThat(hop(task).live()).isFalse();
  }

  @Test
  void only_definitions_that_say_so_are_packed_and_no_image_of_a_tasks_own() {
    Workload feed = Doubles.workloads().find("feed").orElseThrow();
    JobForm form = feed.jobDefinition().orElseThrow();
    JobForm packing =
        new JobForm(
            "resize-job",
            form.image(),
            1,
            1024,
            0,
            false,
            1,
            Optional.empty(),
            true,
            List.of("EC2"));
    Task plain = bench.submit(feed("acme", 1));
    Task own = bench.submit("{'image': 'acme/x', 'vcpus': 1}");
    assertThat(Packing.of(Doubles.workloads()).packs(plain)).isFalse();
    assertThat(Packing.of(offering(feed, packing)).packs(plain)).isTrue();
    assertThat(Packing.of(offering(feed, packing)).packs(own)).isFalse();
  }

  private static Workloads offering(Workload like, JobForm form) {
    Workload workload =
        new Workload(
            like.name(),
            like.function(),
            Optional.of(form),
            like.inputSize(),
            like.parameters(),
            like.defaults());
    return new Workloads() {
      @Override
      public Optional<Workload> find(String name) {
        return Optional.of(workload).filter(w -> w.name().equals(name));
      }

      @Override
      public List<Workload> list() {
        return List.of(workload);
      }

      @Override
      public List<BatchQueue> queues() {
        return List.of();
      }
    };
  }

  /** The pack becomes a job. */
  private void answer() {
    Start start = bench.batch.asked.getFirst();
    for (int i = 0; i < start.arraySize().getAsInt(); i++) {
      bench.batch.jobs.put(
          "job-9:" + i, Doubles.Batch.job("job-9:" + i, "RUNNABLE", null, null, null, List.of()));
    }
    bench.batch.tell(new Event.Sent(start.hopKey(), "job-9"));
    bench.settle();
  }

  @Test
  void a_pack_that_is_refused_is_refused_for_each_of_its_members() {
    bench.batch.refusal = Optional.of("Job definition is gone.");
    List<Task> tasks = burst(bench, "acme", 3);
    bench.pass(1);
    assertThat(tasks)
        .allSatisfy(
            task -> assertThat(hop(task).error().orElse("")).contains("Job definition is gone."));
  }

  @Test
  void a_pack_that_is_throttled_is_sent_again_as_a_pack() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 4);
    bench.pass(1);
    bench.batch.tell(
        new Event.NotSent(
            bench.batch.asked.getFirst().hopKey(), 429, "TooManyRequestsException", "slow down"));
    bench.settle();
    assertThat(tasks).allSatisfy(task -> assertThat(hop(task).waits()).isEqualTo(1));
    bench.batch.silent = false;
    bench.pass(2);
    bench.pass(1);
    assertThat(bench.batch.lookedFor).containsExactly(bench.batch.asked.getFirst().hopKey());
    assertThat(bench.batch.asked).extracting(s -> s.arraySize().orElse(1)).containsExactly(4, 4);
    assertThat(tasks).allSatisfy(task -> assertThat(hop(task).jobId()).isPresent());
  }

  @Test
  void after_a_restart_a_pack_that_was_sent_is_found_and_not_sent_again() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 3);
    bench.pass(1);
    Bench next = new Bench(bench.store);
    next.runner.packBy(_ -> true);
    next.batch.idByKey.put(bench.batch.asked.getFirst().hopKey(), "job-9");
    for (int i = 0; i < 3; i++) {
      next.batch.jobs.put(
          "job-9:" + i, Doubles.Batch.job("job-9:" + i, "RUNNING", null, null, null, List.of()));
    }
    next.runner.recover();
    next.pass(0);
    next.pass(5);
    assertThat(next.batch.asked).isEmpty();
    assertThat(tasks)
        .allSatisfy(
            task -> {
              assertThat(next.now(task).status()).isEqualTo(TaskStatus.RUNNING);
              assertThat(hop(task).jobId())
                  .hasValue("job-9:" + hop(task).pack().orElseThrow().index());
            });
  }

  @Test
  void after_a_restart_a_pack_that_was_never_sent_is_sent_once_with_those_who_still_want_to() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 4);
    bench.pass(1);
    bench.runner.cancel(tasks.get(2).taskId(), "no need");
    bench.settle();
    Bench next = new Bench(bench.store);
    next.runner.packBy(_ -> true);
    next.runner.recover();
    next.settle();
    next.pass(1);
    assertThat(next.batch.asked)
        .singleElement()
        .satisfies(start -> assertThat(start.arraySize()).hasValue(3));
    assertThat(next.now(tasks.get(2)).journey().live()).isFalse();
  }

  @Test
  void a_pack_that_was_never_sent_goes_as_single_jobs_when_packing_is_off_meanwhile() {
    bench.batch.silent = true;
    List<Task> tasks = burst(bench, "acme", 2);
    bench.pass(1);
    Bench next = new Bench(bench.store);
    next.runner.recover();
    next.settle();
    assertThat(next.batch.asked).hasSize(2).allMatch(start -> start.arraySize().isEmpty());
    assertThat(tasks).allSatisfy(task -> assertThat(hop(task).pack()).isEmpty());
  }

  @Test
  void what_a_pack_reads_is_kept_while_one_of_it_may_still_read_it() {
    List<Task> tasks = burst(bench, "acme", 2);
    bench.pass(1);
    bench.batch.move(hop(tasks.get(1)).jobId().orElseThrow(), "RUNNING");
    succeed(tasks.get(0));
    bench.pass(Bench.SETTINGS.resultRetention().toSeconds() + 1);
    forget();
    assertThat(packObjects()).hasSize(2);
    succeed(tasks.get(1));
    bench.pass(Bench.SETTINGS.resultRetention().toSeconds() + 1);
    forget();
    assertThat(packObjects()).isEmpty();
  }

  private List<String> packObjects() {
    return bench.objects.content.keySet().stream().filter(o -> o.contains("/packs/")).toList();
  }

  private void succeed(Task task) {
    bench.batch.succeed(hop(task).jobId().orElseThrow(), Doubles.START, Doubles.START);
    bench.settle();
  }

  private void forget() {
    bench.runner.poll();
    bench.settle();
  }

  @Test
  void a_hop_that_a_job_has_is_not_taken_into_a_pack() {
    Task task = bench.submit(feed("acme", 1));
    bench.pass(1);
    bench.runner.handle(
        new Message.Happened(
            task.taskId(), new JourneyEvent.HopPacked(1, Optional.of(new Hop.Pack("k", 0, 2)))));
    assertThat(hop(task).pack()).isEmpty();
  }
}
