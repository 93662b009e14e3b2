package dev.spillway.batch.store;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.definition;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every journal does. The steps come from the real engine. */
abstract class JournalContract {
  private Journal journal;
  private Engine engine;
  private Instant now = T0;

  /** Opens what {@link #close} left, or something new. */
  abstract Journal open();

  @BeforeEach
  void begin() {
    journal = open();
    engine = new Engine(limits(2, 4096), journal.load());
    step(new Command.CreateComputeEnvironment(environment("ce", 2)));
    step(new Command.CreateJobQueue(queue("q", 1, "ce")));
    step(new Command.RegisterJobDefinition(definition("jd")));
  }

  @AfterEach
  void end() {
    journal.close();
  }

  private Step step(Command... commands) {
    now = now.plusMillis(1);
    Step step = engine.handle(List.of(commands), now);
    if (step.writes()) {
      journal.commit(step);
    }
    return step;
  }

  private void reopen() {
    journal.close();
    journal = open();
  }

  private void submit(JobSpec spec) {
    step(Fixtures.submit(spec, engine.version()));
  }

  private void runs(String id, int exitCode) {
    int attempt =
        engine.liveJobs().stream()
            .filter(j -> j.id().equals(id))
            .findFirst()
            .orElseThrow()
            .attempt();
    step(new Command.AttemptSeen(new ExecutionEvent.Started(new AttemptId(id, attempt), "h", now)));
    step(
        new Command.AttemptSeen(
            new ExecutionEvent.Exited(
                new AttemptId(id, attempt), OptionalInt.of(exitCode), Optional.empty(), now)));
  }

  @Test
  void what_is_loaded_equals_what_lives() {
    submit(
        aJob("retried")
            .tried(
                3,
                new RetryRules.Rule(
                    Optional.of("Host*"),
                    Optional.of("*"),
                    Optional.of("1*"),
                    RetryRules.Action.RETRY))
            .within(Duration.ofMinutes(5))
            .keyed("k", "h")
            .build());
    submit(aJob("running").build());
    submit(aJob("waits").after("running").build());
    submit(aJob("behind").build());
    runs("retried", 1);
    step(
        new Command.AttemptSeen(new ExecutionEvent.Started(new AttemptId("running", 1), "h", now)));
    step(new Command.TerminateJob("running", "enough"));
    step(new Command.CancelJob("waits", "not needed"));
    reopen();
    var loaded = journal.load();
    assertThat(loaded.liveJobs()).containsExactlyInAnyOrderElementsOf(engine.liveJobs());
    assertThat(loaded.liveJobs())
        .extracting(Job::status)
        .contains(JobStatus.RUNNING, JobStatus.PENDING, JobStatus.STARTING);
    assertThat(loaded.resources().computeEnvironments()).hasSize(1);
    assertThat(loaded.resources().jobQueues()).hasSize(1);
    assertThat(loaded.resources().jobDefinitions()).containsExactly(definition("jd").revision(1));
  }

  @Test
  void ended_jobs_are_found_but_not_loaded() {
    submit(aJob("a").build());
    runs("a", 0);
    reopen();
    assertThat(journal.load().liveJobs()).isEmpty();
    Job found = journal.find(List.of("a", "nope")).getFirst();
    assertThat(found.status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(found.attempts()).hasSize(1);
    assertThat(found.attempts().getFirst().end().exitCode()).hasValue(0);
    assertThat(journal.find(List.of())).isEmpty();
  }

  @Test
  void numbers_go_on_after_a_restart_and_the_outbox_has_no_gap() {
    submit(aJob("a").build());
    runs("a", 0);
    reopen();
    engine = new Engine(limits(2, 4096), journal.load());
    submit(aJob("b").build());
    runs("b", 1);
    List<OutboxEvent> changes = journal.eventsAfter(0, 100);
    assertThat(changes)
        .extracting(OutboxEvent::sequence)
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    assertThat(changes)
        .extracting(e -> ((OutboxEvent.JobStateChange) e).status())
        .containsExactly(
            JobStatus.RUNNABLE,
            JobStatus.STARTING,
            JobStatus.RUNNING,
            JobStatus.SUCCEEDED,
            JobStatus.RUNNABLE,
            JobStatus.STARTING,
            JobStatus.RUNNING,
            JobStatus.FAILED);
    assertThat(journal.eventsAfter(6, 1)).extracting(OutboxEvent::sequence).containsExactly(7L);
    Job b = journal.find(List.of("b")).getFirst();
    Job a = journal.find(List.of("a")).getFirst();
    assertThat(b.order()).isGreaterThan(a.order());
  }

  @Test
  void lists_are_newest_first_and_go_on_behind_a_cursor() {
    for (int i = 0; i < 5; i++) {
      submit(aJob("j" + i).createdAt(T0.plusMillis(i / 2)).build());
    }
    var all = listing(Optional.empty(), Optional.empty(), 3);
    List<Job> first = journal.list(all);
    assertThat(first).extracting(Job::id).containsExactly("j4", "j2", "j3");
    var cursor = new JobListing.Cursor(first.getLast().spec().createdAt(), first.getLast().id());
    assertThat(
            journal.list(
                new JobListing(
                    new JobListing.OfQueue("q"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(cursor),
                    3)))
        .extracting(Job::id)
        .containsExactly("j0", "j1");
    assertThat(journal.list(listing(Optional.of(JobStatus.RUNNABLE), Optional.empty(), 9)))
        .extracting(Job::id)
        .containsExactly("j4", "j2", "j3");
    assertThat(
            journal.list(
                listing(Optional.empty(), Optional.of(new JobListing.JobName("NAME-J3")), 9)))
        .extracting(Job::id)
        .containsExactly("j3");
    assertThat(
            journal.list(
                listing(Optional.empty(), Optional.of(new JobListing.JobName("name-*")), 9)))
        .hasSize(5);
    assertThat(
            journal.list(
                new JobListing(
                    new JobListing.OfQueue("other"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    9)))
        .isEmpty();
  }

  @Test
  void every_filter_takes_what_it_names_and_nothing_else() {
    step(new Command.RegisterJobDefinition(definition("jd")));
    step(new Command.RegisterJobDefinition(definition("jd2")));
    step(
        new Command.CreateConsumableResource(
            new ConsumableResource("licence", ConsumableResource.Type.REPLENISHABLE, 9, T0, "{}")));
    submit(aJob("a").createdAt(T0.plusMillis(1)).build());
    submit(of("b", Fixtures.ARNS.jobDefinition("jd:2"), "A").build());
    submit(of("c", Fixtures.ARNS.jobDefinition("jd2:1"), "A1").holding("licence", 2).build());
    submit(aJob("array").createdAt(T0.plusMillis(4)).array(3).build());
    String jd = Fixtures.ARNS.jobDefinition("jd");
    assertThat(filtered(new JobListing.JobDefinition(jd + ":2", false))).containsExactly("b");
    assertThat(filtered(new JobListing.JobDefinition(jd + ":", true)))
        .containsExactly("array", "b", "a");
    assertThat(filtered(new JobListing.JobDefinition(jd, true)))
        .containsExactly("array", "c", "b", "a");
    assertThat(filtered(new JobListing.ShareIdentifier("A"))).containsExactly("b");
    assertThat(filtered(new JobListing.CreatedBefore(T0.plusMillis(3)))).containsExactly("b", "a");
    assertThat(filtered(new JobListing.CreatedAfter(T0.plusMillis(2))))
        .containsExactly("array", "c");
    assertThat(filtered(new JobListing.JobName("name-*"))).containsExactly("array", "c", "b", "a");
    assertThat(filtered(new JobListing.JobName("NAME-A*"))).containsExactly("array", "a");
    assertThat(
            journal.list(
                new JobListing(
                    new JobListing.OfConsumableResource("licence"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    9)))
        .extracting(Job::id)
        .containsExactly("c");
    assertThat(
            journal.list(
                listing(
                    Optional.of(JobStatus.PENDING),
                    Optional.of(new JobListing.JobName("name-a*")),
                    9)))
        .extracting(Job::id)
        .containsExactly("array");
  }

  /** Created as many milliseconds late as its letter says. */
  private static Fixtures.JobBuilder of(String id, String definitionArn, String share) {
    return aJob(id)
        .createdAt(T0.plusMillis(1 + id.charAt(0) - 'a'))
        .of(definitionArn)
        .sharing(share);
  }

  private List<String> filtered(JobListing.Filter filter) {
    return journal.list(listing(Optional.empty(), Optional.of(filter), 9)).stream()
        .map(Job::id)
        .toList();
  }

  private static JobListing listing(
      Optional<JobStatus> status, Optional<JobListing.Filter> filter, int limit) {
    return new JobListing(new JobListing.OfQueue("q"), status, filter, Optional.empty(), limit);
  }

  @Test
  void a_key_is_found_as_long_as_its_job() {
    submit(aJob("a").keyed("k", "hash").build());
    assertThat(journal.byIdempotencyKey("k")).contains(new Journal.KeyedJob("a", "name-a", "hash"));
    assertThat(journal.byIdempotencyKey("other")).isEmpty();
    runs("a", 0);
    assertThat(journal.byIdempotencyKey("k")).isPresent();
    now = now.plus(Duration.ofDays(8));
    step();
    assertThat(journal.byIdempotencyKey("k")).isEmpty();
    assertThat(journal.find(List.of("a"))).isEmpty();
  }

  @Test
  void retention_forgets_ended_jobs_only() {
    submit(aJob("ended").build());
    runs("ended", 0);
    submit(aJob("lives").build());
    now = now.plus(Duration.ofDays(6));
    step();
    assertThat(journal.find(List.of("ended", "lives"))).hasSize(2);
    now = now.plus(Duration.ofDays(2));
    step();
    assertThat(journal.find(List.of("ended", "lives")))
        .extracting(Job::id)
        .containsExactly("lives");
  }

  @Test
  void resources_are_put_and_removed() {
    step(new Command.UpdateJobQueue(2, journal.load().resources().jobQueues().getFirst()));
    var off =
        new JobQueue(
            "q",
            JobQueue.State.DISABLED,
            JobQueue.Status.VALID,
            1,
            List.of("ce"),
            false,
            Optional.empty(),
            T0,
            3,
            "{}");
    step(new Command.UpdateJobQueue(2, off));
    assertThat(journal.load().resources().jobQueues()).containsExactly(off);
    step(new Command.DeleteJobQueue("q"));
    step();
    assertThat(journal.load().resources().jobQueues()).isEmpty();
  }

  @Test
  void arrays_are_loaded_as_they_live_with_the_bits_of_every_child() {
    submit(aJob("a").array(5_000).build());
    submit(aJob("b").array(5_000).afterEach("a").build());
    submit(aJob("c").sequence(3).after("a").build());
    submit(aJob("d").array(9_000).build());
    runs("a:0", 0);
    runs("a:1", 1);
    step(new Command.CancelJob("a:4999", "not this one"));
    step(new Command.CancelJob("d", "not needed"));
    reopen();
    assertThat(journal.load().liveJobs()).containsExactlyInAnyOrderElementsOf(engine.liveJobs());
    Job a = journal.find(List.of("a")).getFirst();
    assertThat(a.children().orElseThrow().count(JobStatus.FAILED)).isEqualTo(2);
    assertThat(journal.find(List.of("a:1")).getFirst().status()).isEqualTo(JobStatus.FAILED);
    assertThat(journal.find(List.of("a:17"))).as("a child without a record").isEmpty();
    Job d = journal.find(List.of("d")).getFirst();
    assertThat(d.status()).isEqualTo(JobStatus.FAILED);
    assertThat(d.child(8_999).state())
        .isInstanceOfSatisfying(
            JobState.Failed.class, f -> assertThat(f.statusReason()).isEqualTo("not needed"));
    assertThat(journal.details(List.of("a:17")).get("a:17")).isEqualTo(Fixtures.DETAIL);
    assertThat(journal.list(listing(Optional.empty(), Optional.empty(), 9)))
        .as("no children")
        .hasSize(4);
  }

  @Test
  void a_line_for_many_children_is_found_from_any_event_in_it() {
    submit(aJob("a").array(100).build());
    OutboxEvent line =
        journal.eventsAfter(0, 10).stream().filter(e -> e.span() == 100).findFirst().orElseThrow();
    assertThat(journal.eventsAfter(line.sequence() + 41, 1)).containsExactly(line);
    assertThat(journal.eventsAfter(line.sequence() + 98, 1)).containsExactly(line);
    assertThat(journal.eventsAfter(line.sequence() + 99, 1)).doesNotContain(line);
  }

  @Test
  void the_children_of_an_array_are_forgotten_with_their_parent() {
    submit(aJob("a").array(2).build());
    runs("a:0", 0);
    runs("a:1", 0);
    assertThat(journal.find(List.of("a", "a:0", "a:1"))).hasSize(3);
    now = now.plus(Duration.ofDays(8));
    for (int bite = 0; bite < 3; bite++) {
      now = now.plus(Duration.ofMinutes(2));
      step();
    }
    assertThat(journal.find(List.of("a", "a:0", "a:1"))).isEmpty();
    assertThat(journal.details(List.of("a"))).isEmpty();
  }

  @Test
  void tags_policies_and_consumable_resources_are_kept() {
    submit(aJob("a").build());
    step(new Command.TagJob("a", "{\"team\":\"x\"}"));
    assertThat(journal.details(List.of("a")).get("a").tags()).isEqualTo("{\"team\":\"x\"}");
    var policy = new SchedulingPolicy("fair", 1, "{\"tags\":{}}");
    var tokens =
        new ConsumableResource("tokens", ConsumableResource.Type.NON_REPLENISHABLE, 5, T0, "{}")
            .total(6, Optional.of("a token"), T0);
    step(new Command.CreateSchedulingPolicy(policy));
    step(new Command.CreateConsumableResource(tokens));
    submit(aJob("b").holding("tokens", 2).build());
    reopen();
    assertThat(journal.load().resources().schedulingPolicies()).containsExactly(policy);
    assertThat(journal.load().resources().consumableResources()).containsExactly(tokens);
    assertThat(
            journal.list(
                new JobListing(
                    new JobListing.OfConsumableResource("tokens"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    9)))
        .extracting(Job::id)
        .containsExactly("b");
    step(
        new Command.DeleteSchedulingPolicy("fair"), new Command.DeleteConsumableResource("tokens"));
    assertThat(journal.load().resources().schedulingPolicies()).isEmpty();
    assertThat(journal.load().resources().consumableResources()).isEmpty();
  }

  private List<Instance> put(Step step) {
    return step.events().stream()
        .filter(Event.InstancePut.class::isInstance)
        .map(e -> ((Event.InstancePut) e).instance())
        .toList();
  }

  @Test
  void instances_gangs_and_what_they_cost_are_kept() {
    step(
        new Command.CreateComputeEnvironment(
            environment(
                "market",
                """
                {"type":"SPOT","allocationStrategy":"SPOT_CAPACITY_OPTIMIZED","minvCpus":0,\
                "maxvCpus":64,"instanceTypes":["c6i.large"]}""",
                "{}")),
        new Command.CreateComputeEnvironment(
            environment(
                "gangs",
                """
                {"type":"EC2","allocationStrategy":"BEST_FIT_PROGRESSIVE","minvCpus":0,\
                "maxvCpus":64,"instanceTypes":["g5.xlarge"]}""",
                "{}")),
        new Command.CreateComputeEnvironment(
            environment(
                "wrong",
                "{\"type\":\"EC2\",\"minvCpus\":0,\"maxvCpus\":64,\"instanceTypes\":[\"z9\"]}",
                "{}")));
    step();
    step(
        new Command.CreateJobQueue(queue("market", 1, "market")),
        new Command.CreateJobQueue(queue("gangs", 1, "gangs")));
    Instance spot = put(step(Fixtures.submit(aJob("s").on("market").build()))).getFirst();
    List<Instance> nodes =
        put(step(Fixtures.submit(aJob("gang").on("gangs").withGpus(1).ofNodes(2).build())));
    assertThat(nodes).hasSize(2);
    step(new Command.InstanceSeen(new CapacityEvent.Up(spot.id(), now)));
    Instant up = now;
    step(
        new Command.InstanceSeen(new CapacityEvent.Up(nodes.get(0).id(), now)),
        new Command.InstanceSeen(new CapacityEvent.Up(nodes.get(1).id(), now)));
    step(new Command.AttemptSeen(new ExecutionEvent.Started(new AttemptId("s", 1), "h", now)));
    now = now.plusSeconds(90);
    step(new Command.ReclaimInstance(spot.id(), Optional.of(Duration.ofMinutes(1))));
    reopen();
    var loaded = journal.load();
    assertThat(loaded.liveJobs()).containsExactlyInAnyOrderElementsOf(engine.liveJobs());
    assertThat(loaded.resources().instances())
        .extracting(Instance::phase)
        .containsExactlyInAnyOrder(Instance.Phase.RECLAIMED, Instance.Phase.UP, Instance.Phase.UP);
    Instance reclaimed =
        loaded.resources().instances().stream()
            .filter(i -> i.id().equals(spot.id()))
            .findFirst()
            .orElseThrow();
    assertThat(reclaimed)
        .isEqualTo(spot.up(up).leaving(Instance.Phase.RECLAIMED, now.plus(Duration.ofMinutes(1))));
    assertThat(
            loaded.resources().computeEnvironments().stream()
                .filter(e -> e.name().equals("wrong"))
                .findFirst()
                .orElseThrow()
                .problem())
        .hasValueSatisfying(problem -> assertThat(problem).contains("z9"));
    assertThat(journal.charges("s")).isEmpty();
    step(
        new Command.AttemptSeen(
            new ExecutionEvent.Exited(
                new AttemptId("s", 1), OptionalInt.of(143), Optional.empty(), now)));
    Charge charge = journal.charges("s").getFirst();
    assertThat(charge.instanceId()).hasValue(spot.id());
    assertThat(charge.attempt()).hasValue(new Charge.Attempt("s", 1, "market", Optional.empty()));
    assertThat(charge.lasted()).isBetween(Duration.ofSeconds(90), Duration.ofSeconds(91));
    assertThat(journal.ledger())
        .filteredOn(d -> d.computeEnvironment().equals("market"))
        .extracting(LedgerDay::kind, LedgerDay::number)
        .containsExactly(tuple(LedgerDay.Kind.ATTEMPT, 1L), tuple(LedgerDay.Kind.INSTANCE, 1L));
    assertThat(
            journal.ledger().stream()
                .filter(d -> d.kind() == LedgerDay.Kind.ATTEMPT)
                .mapToLong(LedgerDay::nanos)
                .sum())
        .isEqualTo(charge.nanos())
        .isPositive();
    assertThat(journal.load().resources().instances()).hasSize(2);
  }
}
