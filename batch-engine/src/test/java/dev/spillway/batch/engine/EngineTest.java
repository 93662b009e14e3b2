package dev.spillway.batch.engine;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EngineTest {
  private final Engine engine = new Engine(limits(64, 65_536), Loaded.NOTHING);
  private final Map<String, Job> ended = new HashMap<>();
  private Instant now = T0;

  @BeforeEach
  void a_queue_with_room_for_one_job() {
    step(new Command.CreateComputeEnvironment(environment("ce", 1)));
    step(new Command.CreateJobQueue(queue("q", 1, "ce")));
  }

  private Step step(Command... commands) {
    Step step = engine.handle(List.of(commands), now);
    for (Event event : step.events()) {
      if (event instanceof Event.JobChanged(_, Job after) && after.status().terminal()) {
        ended.put(after.id(), after);
      }
    }
    return step;
  }

  private Outcome submit(JobSpec spec) {
    return step(Fixtures.submit(spec, engine.version())).outcomes().getFirst();
  }

  private Job job(String id) {
    return engine.liveJobs().stream()
        .filter(j -> j.id().equals(id))
        .findFirst()
        .orElseGet(() -> ended.get(id));
  }

  private Step up(String id, int attempt) {
    return step(
        new Command.AttemptSeen(new ExecutionEvent.Started(new AttemptId(id, attempt), "h", now)));
  }

  private Step exits(String id, int attempt, int code) {
    return step(
        new Command.AttemptSeen(
            new ExecutionEvent.Exited(
                new AttemptId(id, attempt), OptionalInt.of(code), Optional.empty(), now)));
  }

  @Test
  void jobs_run_in_the_order_they_were_submitted() {
    submit(aJob("1").build());
    submit(aJob("2").build());
    submit(aJob("3").build());
    assertThat(job("1").status()).isEqualTo(JobStatus.STARTING);
    assertThat(job("2").status()).isEqualTo(JobStatus.RUNNABLE);
    up("1", 1);
    Step freed = exits("1", 1, 0);
    assertThat(job("1").status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(job("2").status()).isEqualTo(JobStatus.STARTING);
    assertThat(freed.effects())
        .containsExactly(new Effect.Forget(new AttemptId("1", 1)), new Effect.Start(job("2")));
    assertThat(freed.waiting().get("q").jobId()).isEqualTo("3");
  }

  @Test
  void a_retried_job_goes_to_the_front() {
    submit(aJob("1").tried(2).build());
    submit(aJob("2").build());
    up("1", 1);
    exits("1", 1, 1);
    assertThat(job("1").state()).isInstanceOf(JobState.Starting.class);
    assertThat(job("1").attempt()).isEqualTo(2);
    assertThat(job("2").status()).isEqualTo(JobStatus.RUNNABLE);
  }

  @Test
  void an_executor_may_tell_everything_twice() {
    submit(aJob("1").tried(3).build());
    up("1", 1);
    up("1", 1);
    exits("1", 1, 1);
    Step again = exits("1", 1, 1);
    assertThat(job("1").attempts()).hasSize(1);
    assertThat(again.effects()).containsExactly(new Effect.Forget(new AttemptId("1", 1)));
    assertThat(again.outbox()).isEmpty();
  }

  @Test
  void an_attempt_that_runs_too_long_is_stopped_and_not_retried() {
    submit(aJob("1").tried(3).within(Duration.ofSeconds(60)).build());
    now = now.plusSeconds(30);
    up("1", 1);
    assertThat(engine.nextDeadline()).isBeforeOrEqualTo(now.plusSeconds(60));
    now = now.plusSeconds(59);
    assertThat(step().effects()).isEmpty();
    now = now.plusSeconds(1);
    assertThat(step().effects()).containsExactly(new Effect.Stop(new AttemptId("1", 1)));
    exits("1", 1, 137);
    assertThat(job("1").state())
        .isEqualTo(new JobState.Failed(1, "Job attempt duration exceeded timeout", now));
  }

  @Test
  void a_new_attempt_restarts_the_clock() {
    submit(aJob("1").tried(2).within(Duration.ofSeconds(60)).build());
    up("1", 1);
    now = now.plusSeconds(50);
    exits("1", 1, 1);
    up("1", 2);
    now = now.plusSeconds(50);
    assertThat(step().effects()).isEmpty();
    now = now.plusSeconds(10);
    assertThat(step().effects()).containsExactly(new Effect.Stop(new AttemptId("1", 2)));
  }

  @Test
  void a_terminate_before_the_container_is_up_is_told_again_when_it_is() {
    submit(aJob("1").build());
    Effect stop = new Effect.Stop(new AttemptId("1", 1));
    assertThat(step(new Command.TerminateJob("1", "enough")).effects()).containsExactly(stop);
    assertThat(up("1", 1).effects()).containsExactly(stop);
    exits("1", 1, 0);
    assertThat(job("1").state()).isEqualTo(new JobState.Failed(1, "enough", now));
    assertThat(job("1").terminated()).isTrue();
  }

  @Test
  void a_cancelled_pending_job_ends_when_its_dependency_does() {
    submit(aJob("1").build());
    submit(aJob("2").after("1").build());
    step(new Command.CancelJob("2", "not needed"));
    assertThat(job("2").status()).isEqualTo(JobStatus.PENDING);
    assertThat(job("2").cancelled()).isTrue();
    up("1", 1);
    exits("1", 1, 0);
    assertThat(job("2").state()).isEqualTo(new JobState.Failed(0, "not needed", now));
  }

  @Test
  void a_failure_cascades_through_a_long_chain_and_a_diamond() {
    submit(aJob("0").build());
    for (int i = 1; i <= 20_000; i++) {
      submit(aJob("" + i).after("" + (i - 1)).build());
    }
    submit(aJob("left").after("0").build());
    submit(aJob("right").after("0").build());
    submit(aJob("both").after("left", "right").build());
    up("0", 1);
    exits("0", 1, 1);
    assertThat(engine.liveJobs()).isEmpty();
    assertThat(job("20000").state()).isEqualTo(new JobState.Failed(0, "Dependent Job failed", now));
    assertThat(job("both").status()).isEqualTo(JobStatus.FAILED);
  }

  @Test
  void a_dependency_that_ended_since_the_callers_look_is_looked_up_again() {
    submit(aJob("1").build());
    up("1", 1);
    exits("1", 1, 0);
    var spec = aJob("2").after("1").build();
    assertThat(submit(spec)).isEqualTo(new Outcome.LookAgain());
    step(Fixtures.submit(spec, engine.version(), job("1")));
    assertThat(job("2").status()).isEqualTo(JobStatus.STARTING);
  }

  @Test
  void a_key_is_known_while_its_job_lives_and_after_it_ended() {
    assertThat(submit(aJob("1").keyed("k", "h").build()))
        .isEqualTo(new Outcome.Submitted("1", "name-1"));
    assertThat(submit(aJob("2").keyed("k", "h").build()))
        .isEqualTo(new Outcome.Submitted("1", "name-1"));
    assertThat(submit(aJob("3").keyed("k", "other").build())).isInstanceOf(Outcome.Refused.class);
    up("1", 1);
    exits("1", 1, 0);
    assertThat(submit(aJob("4").keyed("k", "h").build()))
        .isEqualTo(new Outcome.Submitted("1", "name-1"));
    assertThat(engine.liveJobs()).isEmpty();
  }

  @Test
  void a_look_that_is_older_than_the_keys_remembered_is_repeated() {
    long old = engine.version();
    for (int i = 0; i <= EngineLimits.ENDED_KEYS; i++) {
      String id = "job" + i;
      submit(aJob(id).keyed("k" + i, "h").build());
      exits(id, 1, 0);
    }
    var late = aJob("late").keyed("k0", "h").build();
    assertThat(step(Fixtures.submit(late, old)).outcomes())
        .containsExactly(new Outcome.LookAgain());
  }

  @Test
  void a_deleted_queue_ends_its_jobs_and_goes_with_the_last_one() {
    submit(aJob("1").build());
    submit(aJob("2").build());
    step(new Command.UpdateJobQueue(2, disabled()));
    assertThat(submit(aJob("3").build()))
        .isEqualTo(new Outcome.Refused("JobQueue q is not enabled."));
    Step deleted = step(new Command.DeleteJobQueue("q"));
    assertThat(deleted.effects()).contains(new Effect.Stop(new AttemptId("1", 1)));
    assertThat(job("2").status()).isEqualTo(JobStatus.FAILED);
    Step last = exits("1", 1, 143);
    assertThat(last.events()).contains(new Event.JobQueueRemoved("q"));
  }

  private static JobQueue disabled() {
    var open = Fixtures.queue("q", 1, "ce");
    return new JobQueue(
        "q",
        JobQueue.State.DISABLED,
        JobQueue.Status.VALID,
        1,
        open.computeEnvironments(),
        false,
        Optional.empty(),
        T0,
        3,
        open.detail());
  }

  @Test
  void an_environment_becomes_valid_one_step_after_it_was_made() {
    step(); // settles what was made before
    var created = step(new Command.CreateComputeEnvironment(environment("new", 1)));
    assertThat(created.events()).hasSize(1);
    assertThat(engine.nextDeadline()).isEqualTo(Instant.EPOCH);
    assertThat(step().events())
        .singleElement()
        .isInstanceOfSatisfying(
            Event.ComputeEnvironmentPut.class,
            put -> assertThat(put.environment().usable()).isTrue());
    assertThat(engine.nextDeadline()).isAfter(Instant.EPOCH);
  }

  @Test
  void the_same_commands_at_the_same_times_give_the_same_steps() {
    Engine other = new Engine(limits(64, 65_536), Loaded.NOTHING);
    List<List<Command>> batches = new ArrayList<>();
    batches.add(List.of(new Command.CreateComputeEnvironment(environment("a", 4))));
    batches.add(List.of(new Command.CreateJobQueue(queue("a", 1, "a"))));
    batches.add(List.of(Fixtures.submit(aJob("x").on("a").build())));
    Engine same = new Engine(limits(64, 65_536), Loaded.NOTHING);
    for (List<Command> batch : batches) {
      assertThat(same.handle(batch, T0)).isEqualTo(other.handle(batch, T0));
    }
  }

  @Test
  void a_head_that_is_blocked_for_too_long_is_cancelled_and_the_next_one_moves_up() {
    String limits =
        """
        {"tags":{},"jobStateTimeLimitActions":[{"reason":"MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        "state":"RUNNABLE","maxTimeSeconds":600,"action":"CANCEL"}]}""";
    step(
        new Command.UpdateJobQueue(
            2, Fixtures.queue("q", 1, "ce").in(JobQueue.Status.VALID).detailed(limits)));
    submit(aJob("large").needing(2, 64).build());
    submit(aJob("small").build());
    assertThat(job("large").status()).isEqualTo(JobStatus.RUNNABLE);
    Instant end = now.plusSeconds(600);
    assertThat(engine.nextDeadline()).isBeforeOrEqualTo(end);
    now = end.minusSeconds(1);
    step();
    assertThat(job("large").status()).isEqualTo(JobStatus.RUNNABLE);
    now = end.plusSeconds(1);
    step();
    assertThat(job("large").state())
        .isInstanceOfSatisfying(
            JobState.Failed.class,
            failed ->
                assertThat(failed.statusReason())
                    .startsWith(
                        "Canceled by JobStateTimeLimit action due to reason:"
                            + " MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - "));
    assertThat(job("small").status()).isEqualTo(JobStatus.STARTING);
  }
}
