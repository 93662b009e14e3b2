package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.prediction.Forecast;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LearnerTest {
  private final Bench bench = new Bench();

  private Task succeedsAfter(String document, long seconds) {
    Task task = bench.submit(document);
    bench.pass(seconds);
    bench.functions.succeed(task.hopKey(1), "{}");
    bench.settle();
    return bench.now(task);
  }

  private RunHistory history(String workload) {
    return bench.learner.of(workload);
  }

  @Test
  void what_a_run_took_is_known_to_the_next_plan() {
    for (int i = 0; i < 5; i++) {
      succeedsAfter("{'workload': 'only-function', 'expectedDuration': 'PT1S'}", 2);
    }
    Task next = bench.submit("{'workload': 'only-function'}");
    assertThat(next.plan().outlook().orElseThrow().basis()).isEqualTo(Forecast.Basis.HISTORY);
    assertThat(next.plan().outlook().get().runs()).isEqualTo(5);
    assertThat(next.plan().outlook().get().medianSeconds()).isCloseTo(2, within(0.1));
    assertThat(history("only-function").hints().given()).isEqualTo(5);
    assertThat(history("resize").isEmpty()).isTrue();
  }

  @Test
  void a_route_that_failed_leaves_its_mark_on_the_run_that_came_after() {
    Task task = bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S'}");
    bench.functions.fail(task.hopKey(1), "Sandbox.Timedout", "Task timed out after 3.00 seconds");
    bench.settle();
    bench.batch.succeed("job-1", Doubles.START.plusSeconds(10), Doubles.START.plusSeconds(50));
    bench.settle();
    Lesson lesson = Lesson.of(bench.now(task)).orElseThrow();
    assertThat(lesson.run().afterFailure()).isTrue();
    assertThat(lesson.run().seconds()).isEqualTo(40);
    assertThat(history("resize").count()).isEqualTo(1);
  }

  @Test
  void memory_that_ran_out_is_remembered_and_counts_as_a_risk() {
    Task task = bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S'}");
    bench.functions.fail(task.hopKey(1), "java.lang.OutOfMemoryError", "Java heap space");
    bench.settle();
    bench.batch.succeed("job-1", Doubles.START, Doubles.START.plusSeconds(1));
    bench.settle();
    Task next = bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S'}");
    assertThat(next.plan().routes().getFirst().route()).isEqualTo(Route.BATCH_SPOT);
    assertThat(next.plan().routes())
        .filteredOn(a -> a.route() == Route.FUNCTION)
        .hasSize(1)
        .allSatisfy(a -> assertThat(a.estimate().orElseThrow().risk()).isGreaterThan(0.9));
  }

  @Test
  void one_full_disk_among_many_runs_is_the_risk_that_it_was_and_not_a_certainty() {
    for (int i = 0; i < 19; i++) {
      succeedsAfter("{'workload': 'resize', 'expectedDuration': 'PT1S', 'objective': 'speed'}", 1);
    }
    Task full =
        bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S', 'objective': 'speed'}");
    bench.functions.fail(full.hopKey(1), "java.io.IOException", "No space left on device");
    bench.settle();
    bench.batch.succeed("job-1", Doubles.START, Doubles.START.plusSeconds(1));
    bench.settle();
    Task next = bench.submit("{'workload': 'resize', 'objective': 'speed'}");
    assertThat(next.plan().routes().getFirst().route()).isEqualTo(Route.FUNCTION);
    assertThat(next.plan().routes().getFirst().estimate().orElseThrow().risk())
        .isBetween(0.02, 0.2);
  }

  @Test
  void the_codes_own_failure_and_a_cancelled_task_teach_nothing() {
    Task failed = bench.submit("{'workload': 'only-function'}");
    bench.functions.fail(failed.hopKey(1), "java.lang.IllegalStateException", "no such shop");
    Task cancelled = bench.submit("{'workload': 'only-function'}");
    bench.requests.cancel(cancelled.taskId(), "enough");
    bench.settle();
    assertThat(bench.now(failed).status().terminal()).isTrue();
    assertThat(history("only-function").isEmpty()).isTrue();
  }

  @Test
  void it_learns_an_end_once_and_remembers_over_a_restart() {
    var records = new MemoryHistoryStore.Records();
    var learner = new Learner(new MemoryHistoryStore(records), bench.clock);
    Task task = succeedsAfter("{'workload': 'only-function'}", 2);
    List<TaskStore.Ended> ends = List.of(new TaskStore.Ended(7, task.taskId(), true));
    learner.learn(ends, bench.store::find);
    learner.learn(ends, bench.store::find);
    assertThat(learner.of("only-function").count()).isEqualTo(1);
    var next = new Learner(new MemoryHistoryStore(records), bench.clock);
    assertThat(next.of("only-function").toWords()).isEqualTo(learner.of("only-function").toWords());
    next.learn(ends, bench.store::find);
    assertThat(next.of("only-function").count()).isEqualTo(1);
    next.forget("only-function");
    assertThat(new Learner(new MemoryHistoryStore(records), bench.clock).of("only-function"))
        .isSameAs(RunHistory.NONE);
  }

  @Test
  void two_dispatchers_of_one_store_learn_from_each_other() {
    var records = new MemoryHistoryStore.Records();
    var one = new Learner(new MemoryHistoryStore(records), bench.clock);
    var other = new Learner(new MemoryHistoryStore(records), bench.clock);
    Task first = succeedsAfter("{'workload': 'only-function'}", 2);
    Task second = succeedsAfter("{'workload': 'only-function'}", 2);
    one.learn(List.of(new TaskStore.Ended(1, first.taskId(), true)), bench.store::find);
    other.learn(
        List.of(
            new TaskStore.Ended(1, first.taskId(), true),
            new TaskStore.Ended(2, second.taskId(), true)),
        bench.store::find);
    assertThat(other.of("only-function").count()).as("the first was learnt by one").isEqualTo(2);
    one.refresh();
    assertThat(one.of("only-function").count()).isEqualTo(2);
  }

  @Test
  void a_record_that_cannot_be_read_is_learnt_anew() {
    var records = new MemoryHistoryStore.Records();
    var store = new MemoryHistoryStore(records);
    store.learntTo();
    store.write(List.of(new HistoryStore.Entry("broken", new byte[] {1, 2, 3}, Instant.EPOCH)), 1);
    assertThat(new Learner(new MemoryHistoryStore(records), bench.clock).of("broken").isEmpty())
        .isTrue();
  }

  @Test
  void a_workload_whose_runs_became_long_goes_to_batch() {
    Task early = bench.submit("{'workload': 'resize', 'expectedDuration': 'PT1S'}");
    assertThat(early.plan().routes().getFirst().route()).isEqualTo(Route.FUNCTION);
    for (int i = 0; i < 6; i++) {
      Task task = bench.submit("{'workload': 'resize', 'routes': ['batch-spot']}");
      String job = "job-" + (i + 1);
      bench.batch.succeed(job, Doubles.START.plusSeconds(10), Doubles.START.plusSeconds(10 + 600));
      bench.settle();
      assertThat(bench.now(task).status().terminal()).isTrue();
    }
    Task late = bench.submit("{'workload': 'resize'}");
    assertThat(late.plan().routes().getFirst().route()).isEqualTo(Route.BATCH_SPOT);
    assertThat(Optional.of(late.plan().rejected().getFirst().reasons().getFirst().sentence()))
        .hasValueSatisfying(s -> assertThat(s).contains("10 min expected, the limit is 3 s"));
  }
}
