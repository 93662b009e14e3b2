package dev.spillway.batch.engine;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.definition;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shares over hours of virtual time, through the whole engine. */
@Timeout(60)
class EngineFairShareTest {
  private static final int VCPUS = 40;

  private final Random random = new Random(1);
  private final Engine engine = new Engine(limits(VCPUS, 1 << 20), Loaded.NOTHING);
  private final PriorityQueue<End> ends = new PriorityQueue<>(Comparator.comparing(End::at));
  private final Map<String, Double> vcpuSeconds = new HashMap<>();
  private Instant now = T0;
  private int submitted;

  private record End(Instant at, Job job) {}

  private Step handle(Command... commands) {
    Step step = engine.handle(List.of(commands), now);
    for (Effect effect : step.effects()) {
      if (effect instanceof Effect.Start(Job job)) {
        ends.add(new End(now.plusMillis(5_000 + random.nextInt(50_000)), job));
      }
    }
    return step;
  }

  private void create(String fairsharePolicy) {
    handle(
        new Command.CreateComputeEnvironment(environment("ce", VCPUS)),
        new Command.CreateSchedulingPolicy(
            new SchedulingPolicy(
                "fair", 1, ("{'fairsharePolicy':" + fairsharePolicy + "}").replace('\'', '"'))),
        new Command.RegisterJobDefinition(definition("jd")));
    JobQueue plain = queue("q", 1, "ce");
    handle(
        new Command.CreateJobQueue(
            new JobQueue(
                plain.name(),
                plain.state(),
                plain.status(),
                plain.priority(),
                plain.computeEnvironments(),
                plain.fargate(),
                Optional.of("fair"),
                plain.createdAt(),
                plain.version(),
                plain.detail())));
  }

  private Outcome submit(String share, int priority) {
    var spec = aJob("job" + submitted++).sharing(share, priority).createdAt(now).build();
    return handle(Fixtures.submit(spec, engine.version())).outcomes().getFirst();
  }

  /** Jobs end as their time comes; each tenant has always some more that wait. */
  private void run(Duration span, String... tenants) {
    Instant end = now.plus(span);
    while (true) {
      for (String tenant : tenants) {
        while (waiting(tenant) < 5) {
          assertThat(submit(tenant, 0)).isInstanceOf(Outcome.Submitted.class);
        }
      }
      End next = ends.peek();
      if (next == null || next.at().isAfter(end)) {
        now = end;
        return;
      }
      ends.poll();
      now = next.at();
      AttemptId attempt = new AttemptId(next.job().id(), 1);
      Instant placedAt = next.job().placement(1).orElseThrow().placedAt();
      vcpuSeconds.merge(
          next.job().spec().share().identifier().orElseThrow(),
          Duration.between(placedAt, now).toMillis() / 1000.0,
          Double::sum);
      handle(
          new Command.AttemptSeen(new ExecutionEvent.Started(attempt, "h", placedAt)),
          new Command.AttemptSeen(
              new ExecutionEvent.Exited(attempt, OptionalInt.of(0), Optional.empty(), now)));
    }
  }

  private long waiting(String tenant) {
    return engine.liveJobs().stream()
        .filter(job -> job.status() == JobStatus.RUNNABLE)
        .filter(job -> job.spec().share().identifier().orElseThrow().equals(tenant))
        .count();
  }

  @Test
  void two_tenants_get_what_their_weights_say_and_a_third_its_share_when_it_comes() {
    create(
        """
        {'shareDecaySeconds':600,'shareDistribution':[{'shareIdentifier':'A','weightFactor':1},
         {'shareIdentifier':'B','weightFactor':3},{'shareIdentifier':'C','weightFactor':1}]}
        """);
    run(Duration.ofHours(1), "A", "B");
    double ratio = vcpuSeconds.get("A") / vcpuSeconds.get("B");
    assertThat(ratio).isCloseTo(3, within(0.15));
    vcpuSeconds.clear();
    run(Duration.ofMinutes(10), "A", "B", "C");
    double third = vcpuSeconds.get("C") / total();
    assertThat(third).as("within the decay time").isGreaterThan(0.95 * 3 / 7);
    vcpuSeconds.clear();
    run(Duration.ofHours(1), "A", "B", "C");
    assertThat(vcpuSeconds.get("C") / total()).isCloseTo(3.0 / 7, within(0.03));
    System.out.printf(
        "fair share: 3:1 by weight gave %.2f:1 in an hour; a third got %.2f of the capacity in its"
            + " first ten minutes, %.2f is its share%n",
        ratio, third, 3.0 / 7);
  }

  private double total() {
    return vcpuSeconds.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  @Test
  void within_a_share_the_higher_priority_goes_first_then_who_came_first() {
    create("{}");
    for (int i = 0; i < VCPUS; i++) {
      submit("A", 0);
    }
    submit("A", 1);
    submit("A", 9);
    submit("A", 9);
    submit("A", 0);
    List<String> front = new ArrayList<>();
    var look = (Outcome.QueueFront) handle(new Command.LookAtQueue("q", 10)).outcomes().getFirst();
    look.jobs().forEach(position -> front.add(position.jobId()));
    assertThat(front).containsExactly("job41", "job42", "job40", "job43");
    assertThat(look.use().vcpuMillis()).isEqualTo(VCPUS * 1000L);
    assertThat(look.use().byShare()).containsExactly(Map.entry("A", VCPUS * 1000L));
    assertThat(look.use().activeShares()).isEqualTo(1);
  }

  @Test
  void a_reserve_is_kept_for_shares_that_are_not_active() {
    create("{'computeReservation':50}");
    for (int i = 0; i < 30; i++) {
      submit("A", 0);
    }
    assertThat(ends).hasSize(20);
    List<Command> together = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      together.add(
          Fixtures.submit(aJob("b" + i).sharing("B").createdAt(now).build(), engine.version()));
    }
    handle(together.toArray(Command[]::new));
    assertThat(ends).hasSize(30);
    assertThat(ends.stream().filter(e -> e.job().spec().share().identifier().get().equals("B")))
        .hasSize(10);
  }

  @Test
  void a_share_is_active_while_it_has_a_job_and_as_long_after_as_its_use_counts() {
    create("{'shareDecaySeconds':60}");
    submit("A", 0);
    for (int i = 0; i < VCPUS; i++) {
      submit("B", 0);
    }
    submit("C", 0);
    assertThat(activeShares()).isEqualTo(3);
    handle(new Command.CancelJob("job" + (submitted - 1), "never started"));
    assertThat(activeShares()).as("C used nothing").isEqualTo(2);
    End first = ends.stream().filter(e -> e.job().id().equals("job0")).findFirst().orElseThrow();
    AttemptId attempt = new AttemptId("job0", 1);
    now = first.at();
    handle(
        new Command.AttemptSeen(new ExecutionEvent.Started(attempt, "h", T0)),
        new Command.AttemptSeen(
            new ExecutionEvent.Exited(attempt, OptionalInt.of(0), Optional.empty(), now)));
    assertThat(activeShares()).isEqualTo(2);
    now = now.plusSeconds(60);
    assertThat(activeShares()).isEqualTo(1);
  }

  private int activeShares() {
    var look = (Outcome.QueueFront) handle(new Command.LookAtQueue("q", 1)).outcomes().getFirst();
    return look.use().activeShares();
  }

  @Test
  void the_five_hundred_and_first_active_share_is_refused() {
    create("{}");
    for (int i = 0; i < 500; i++) {
      assertThat(submit("S" + i, 0)).isInstanceOf(Outcome.Submitted.class);
    }
    assertThat(submit("S500", 0)).isInstanceOf(Outcome.Refused.class);
    assertThat(submit("S499", 0)).isInstanceOf(Outcome.Submitted.class);
  }
}
