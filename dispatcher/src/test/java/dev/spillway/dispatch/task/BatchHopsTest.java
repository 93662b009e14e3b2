package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A submit answers when it likes; the runner's tasks must not mind. */
class BatchHopsTest {
  private static final String FEED = "{'workload': 'feed', 'payload': {'shop': 'acme'}}";

  private final Bench bench = new Bench();

  private Hop hop(Task task) {
    return bench.now(task).journey().hops().getFirst();
  }

  @Test
  void the_job_of_a_hop_is_known_when_batch_has_answered() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    assertThat(hop(task).jobId()).isEmpty();
    bench.batch.jobs.put(
        "job-1", Doubles.Batch.job("job-1", "RUNNING", null, null, null, List.of()));
    bench.batch.tell(new Event.Sent(task.taskId() + "/1", "job-1"));
    bench.settle();
    assertThat(hop(task).jobId()).hasValue("job-1");
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void a_job_that_ends_before_its_id_is_stored_has_its_id_all_the_same() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    bench.batch.succeed("job-1", Doubles.START, Doubles.START.plusSeconds(5));
    bench.settle();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.RUNNABLE);
    bench.batch.tell(new Event.Sent(task.taskId() + "/1", "job-1"));
    bench.settle();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.SUCCEEDED);
    assertThat(hop(task).jobId()).hasValue("job-1");
  }

  @Test
  void a_start_that_an_open_circuit_refuses_is_the_hops_failure_with_its_sentence() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    bench.batch.tell(
        new Event.NotSent(
            task.taskId() + "/1", 503, "CircuitOpenException", "Job queue spot is left alone."));
    bench.settle();
    assertThat(hop(task).error().orElseThrow()).contains("Job queue spot is left alone.");
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.RUNNABLE);
  }

  @Test
  void a_job_that_becomes_known_after_its_task_was_cancelled_is_stopped() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    bench.runner.cancel(task.taskId(), "no need");
    bench.settle();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.FAILED);
    bench.batch.jobs.put(
        "job-1", Doubles.Batch.job("job-1", "RUNNABLE", null, null, null, List.of()));
    bench.batch.tell(new Event.Sent(task.taskId() + "/1", "job-1"));
    bench.settle();
    assertThat(bench.batch.cancelled).containsEntry("job-1", "no need");
  }

  @Test
  void a_start_that_was_taken_back_is_done_with() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    bench.runner.cancel(task.taskId(), "no need");
    bench.batch.tell(new Event.Absent(task.taskId() + "/1"));
    bench.settle();
    assertThat(hop(task).live()).isFalse();
  }

  @Test
  void an_open_hop_whose_job_is_gone_is_sent_again_and_looked_for_first() {
    Task task = bench.submit(FEED);
    String jobId = hop(task).jobId().orElseThrow();
    bench.batch.jobs.remove(jobId);
    bench.batch.idByKey.clear();
    bench.batch.tell(new Event.Gone(jobId));
    bench.settle();
    assertThat(bench.batch.asked).extracting(s -> s.again()).containsExactly(false, true);
    assertThat(hop(task).jobId()).isPresent();
  }

  @Test
  void after_a_restart_what_may_have_been_sent_is_looked_for_before_it_is_sent() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    assertThat(bench.batch.asked.getFirst().again()).isFalse();
    Bench next = new Bench(bench.store);
    next.runner.recover();
    next.settle();
    assertThat(next.batch.asked)
        .singleElement()
        .satisfies(
            start -> {
              assertThat(start.hopKey()).isEqualTo(task.taskId() + "/1");
              assertThat(start.again()).isTrue();
            });
  }

  @Test
  void after_a_restart_what_was_given_up_is_looked_for_and_not_sent() {
    bench.batch.silent = true;
    Task task = bench.submit(FEED);
    bench.runner.cancel(task.taskId(), "no need");
    bench.settle();
    Bench next = new Bench(bench.store);
    next.runner.recover();
    next.settle();
    assertThat(next.batch.asked).isEmpty();
    assertThat(next.store.live()).doesNotContain(task.taskId());
  }

  @Test
  void one_request_of_many_tasks_asks_for_a_definition_once() {
    StringBuilder many = new StringBuilder("{'tasks': [");
    for (int i = 0; i < 50; i++) {
      many.append(i == 0 ? "" : ",").append(FEED);
    }
    bench.submitAll(many.append("]}").toString());
    assertThat(bench.batch.revisionsAsked).isEqualTo(1);
  }
}
