package dev.spillway.batch.engine;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.testkit.Fixtures;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Arrays in the engine's step. Source: user guide, array jobs, job dependencies. */
class EngineArrayTest {
  private static final int MILLION = 1_000_000;

  private final Engine engine = new Engine(limits(64, 65_536), Loaded.NOTHING);
  private final Map<String, Job> jobs = new HashMap<>();
  private Step last;

  @BeforeEach
  void a_queue_with_room_for_one_job() {
    step(new Command.CreateComputeEnvironment(environment("ce", 1)));
    step(new Command.CreateJobQueue(queue("q", 1, "ce")));
    step();
  }

  private Step step(Command... commands) {
    last = engine.handle(List.of(commands), T0);
    for (Event event : last.events()) {
      switch (event) {
        case Event.JobAdded(Job job, _) -> jobs.put(job.id(), job);
        case Event.ChildAdded(Job child) -> jobs.put(child.id(), child);
        case Event.JobChanged(_, Job after) -> jobs.put(after.id(), after);
        case Event other -> assertThat(other).isNotNull();
      }
    }
    return last;
  }

  /** A job that fills the only place. */
  private void fill() {
    submit(aJob("first").build());
  }

  private Step submit(JobSpec spec, String... endedTargets) {
    Job[] ended = List.of(endedTargets).stream().map(jobs::get).toArray(Job[]::new);
    return step(Fixtures.submit(spec, engine.version(), ended));
  }

  private Step exits(String id, int attempt, int code) {
    return step(
        new Command.AttemptSeen(
            new ExecutionEvent.Exited(
                new AttemptId(id, attempt), OptionalInt.of(code), Optional.empty(), T0)));
  }

  private ArrayChildren children(String id) {
    return jobs.get(id).children().orElseThrow();
  }

  private ChildStatus child(String id, int index) {
    return children(id).status(index);
  }

  private String reason(String id) {
    return jobs.get(id).statusReason().orElseThrow();
  }

  private String starting() {
    return jobs.values().stream()
        .filter(j -> j.state() instanceof JobState.Starting)
        .map(Job::id)
        .findFirst()
        .orElse("");
  }

  @Test
  void a_million_children_are_released_by_as_many_events_and_lines_as_ten() {
    fill();
    Step ten = submit(aJob("ten").array(10).build());
    Step million = submit(aJob("million").array(MILLION).build());
    assertThat(million.events()).hasSameSizeAs(ten.events());
    assertThat(million.outbox()).hasSameSizeAs(ten.outbox());
    assertThat(children("million").count(ChildStatus.RUNNABLE)).isEqualTo(MILLION);
    assertThat(million.counters().outbox() - ten.counters().outbox())
        .as("each child has its number in the outbox")
        .isGreaterThanOrEqualTo(MILLION);
  }

  @Test
  void a_million_children_go_together_and_so_do_those_that_wait_for_each_of_them() {
    fill();
    submit(aJob("a").array(MILLION).after("first").build());
    submit(aJob("b").array(MILLION).afterEach("a").build());
    submit(aJob("c").array(MILLION).afterEach("b").build());
    submit(aJob("single").after("c:7").build());
    Step end = step(new Command.TerminateJob("first", "enough"), told("first"));
    assertThat(end.events()).hasSizeLessThan(20);
    assertThat(end.outbox()).hasSizeLessThan(20);
    for (String id : List.of("a", "b", "c")) {
      assertThat(jobs.get(id).status()).isEqualTo(JobStatus.FAILED);
      assertThat(children(id).count(ChildStatus.GONE)).isEqualTo(MILLION);
      assertThat(children(id).gone(MILLION - 1).reason()).isEqualTo("Dependent Job failed");
    }
    assertThat(reason("a")).isEqualTo("Dependent Job failed");
    assertThat(reason("b")).isEqualTo("Array Child Job failed");
    assertThat(reason("single")).isEqualTo("Dependent Job failed");
    assertThat(engine.liveJobs()).isEmpty();
  }

  private static Command told(String id) {
    return new Command.AttemptSeen(
        new ExecutionEvent.Exited(new AttemptId(id, 1), OptionalInt.of(143), Optional.empty(), T0));
  }

  @Test
  void terminate_takes_those_that_wait_at_once_and_tells_the_one_that_runs() {
    submit(aJob("a").array(5).build());
    submit(aJob("each").array(5).afterEach("a").build());
    submit(aJob("one").after("a:3").build());
    assertThat(starting()).isEqualTo("a:0");
    Step stop = step(new Command.TerminateJob("a", "enough"));
    assertThat(stop.effects()).contains(new Effect.Stop(new AttemptId("a:0", 1)));
    assertThat(children("a").count(ChildStatus.GONE)).isEqualTo(4);
    assertThat(children("each").count(ChildStatus.GONE)).isEqualTo(4);
    assertThat(reason("one")).isEqualTo("Dependent Job failed");
    assertThat(jobs.get("a").status()).isEqualTo(JobStatus.PENDING);
    exits("a:0", 1, 143);
    assertThat(reason("a")).isEqualTo("enough");
    assertThat(reason("a:0")).isEqualTo("enough");
    assertThat(reason("each:0")).isEqualTo("Dependent Job failed");
    assertThat(jobs.get("each").status()).isEqualTo(JobStatus.FAILED);
  }

  @Test
  void a_failed_child_takes_the_rest_of_its_sequence_and_the_child_of_its_index() {
    submit(aJob("a").sequence(3).build());
    submit(aJob("b").array(3).afterEach("a").build());
    exits("a:0", 1, 0);
    assertThat(child("b", 0)).isEqualTo(ChildStatus.RUNNABLE);
    assertThat(child("b", 1)).isEqualTo(ChildStatus.PENDING);
    exits("a:1", 1, 1);
    assertThat(child("a", 2)).isEqualTo(ChildStatus.GONE);
    assertThat(reason("a")).isEqualTo("Array Child Job failed");
    assertThat(child("b", 1)).isEqualTo(ChildStatus.FAILED);
    assertThat(child("b", 2)).isEqualTo(ChildStatus.GONE);
    assertThat(starting()).as("the one whose target succeeded goes on").isEqualTo("b:0");
    exits("b:0", 1, 0);
    assertThat(reason("b")).isEqualTo("Array Child Job failed");
  }

  @Test
  void a_child_of_a_sequence_waits_for_its_own_target_too() {
    submit(aJob("a").array(2).tried(2).build());
    submit(aJob("b").sequence(2).afterEach("a").build());
    exits("a:0", 1, 0);
    assertThat(child("b", 0)).isEqualTo(ChildStatus.RUNNABLE);
    exits("a:1", 1, 0);
    assertThat(starting()).isEqualTo("b:0");
    assertThat(child("b", 1))
        .as("its target is done, its turn is not")
        .isEqualTo(ChildStatus.PENDING);
    exits("b:0", 1, 0);
    assertThat(starting()).isEqualTo("b:1");
  }

  @Test
  void a_child_that_tries_again_goes_before_its_siblings_that_wait() {
    submit(aJob("a").array(3).tried(2).build());
    assertThat(starting()).isEqualTo("a:0");
    exits("a:0", 1, 1);
    assertThat(starting()).isEqualTo("a:0");
    assertThat(jobs.get("a:0").attempt()).isEqualTo(2);
    exits("a:0", 2, 0);
    assertThat(starting()).isEqualTo("a:1");
  }

  @Test
  void what_depends_on_arrays_that_ended_starts_or_ends_at_once() {
    submit(aJob("good").array(2).build());
    exits("good:0", 1, 0);
    exits("good:1", 1, 0);
    submit(aJob("half").array(2).build());
    exits("half:0", 1, 0);
    exits("half:1", 1, 1);
    submit(aJob("after").after("good").build(), "good");
    assertThat(starting()).isEqualTo("after");
    submit(aJob("each").array(2).afterEach("half").build(), "half");
    assertThat(child("each", 0)).isEqualTo(ChildStatus.RUNNABLE);
    assertThat(child("each", 1)).isEqualTo(ChildStatus.GONE);
    assertThat(children("each").gone(1).reason()).isEqualTo("Dependent Job failed");
    submit(aJob("never").after("half").build(), "half");
    assertThat(reason("never")).isEqualTo("Dependent Job failed");
    submit(aJob("chosen").after("half:0").build(), "half:0");
    assertThat(jobs.get("chosen").status()).isEqualTo(JobStatus.RUNNABLE);
  }

  @Test
  void an_array_of_which_no_child_could_ever_start_fails_with_its_submit() {
    submit(aJob("bad").array(2).build());
    exits("bad:0", 1, 1);
    exits("bad:1", 1, 1);
    Step submit = submit(aJob("each").array(2).afterEach("bad").build(), "bad");
    assertThat(submit.outcomes()).containsExactly(new Outcome.Submitted("each", "name-each"));
    assertThat(reason("each")).isEqualTo("Array Child Job failed");
    assertThat(engine.liveJobs()).isEmpty();
  }

  @Test
  void in_a_sequence_the_child_whose_target_never_starts_takes_all_later_ones_with_it() {
    submit(aJob("a").array(3).build());
    submit(aJob("each").array(3).afterEach("a").build());
    submit(aJob("row").sequence(3).afterEach("each").build());
    exits("a:0", 1, 1);
    assertThat(child("row", 0)).isEqualTo(ChildStatus.FAILED);
    assertThat(reason("row")).isEqualTo("Array Child Job failed");
    submit(aJob("bad").array(3).build());
    exits("a:1", 1, 0);
    exits("a:2", 1, 0);
    exits("each:1", 1, 0);
    exits("each:2", 1, 0);
    submit(aJob("late").sequence(3).afterEach("each").build(), "each");
    assertThat(reason("late")).isEqualTo("Array Child Job failed");
    assertThat(child("late", 2)).isEqualTo(ChildStatus.GONE);
  }

  @Test
  void a_target_that_ended_since_the_caller_looked_is_looked_for_again() {
    submit(aJob("a").array(2).build());
    exits("a:0", 1, 0);
    exits("a:1", 1, 0);
    Step submit = submit(aJob("each").array(2).afterEach("a").build());
    assertThat(submit.outcomes()).containsExactly(new Outcome.LookAgain());
    assertThat(submit(aJob("one").after("a:1").build()).outcomes())
        .containsExactly(new Outcome.LookAgain());
  }

  @Test
  void a_child_that_never_started_can_be_stopped_alone() {
    fill();
    submit(aJob("a").array(3).after("first").build());
    step(new Command.CancelJob("a:1", "not this one"));
    assertThat(reason("a:1")).isEqualTo("not this one");
    assertThat(jobs.get("a:1").cancelled()).isTrue();
    exits("first", 1, 0);
    exits("a:0", 1, 0);
    assertThat(starting()).isEqualTo("a:2");
    exits("a:2", 1, 0);
    assertThat(reason("a")).isEqualTo("Array Child Job failed");
  }
}
