package dev.spillway.batch.engine;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.replay.VirtualEngine;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** The life of instances, through the whole engine in virtual time. */
class EngineCapacityTest {
  private static final Duration UP_AFTER = Duration.ofSeconds(90);
  private static final Duration KEEP_IDLE = CapacitySettings.DEFAULT.keepIdle();

  private final Map<String, Job> jobs = new HashMap<>();
  private final List<Instance> launched = new ArrayList<>();
  private final Map<String, ComputeEnvironment> environments = new HashMap<>();
  private BiFunction<Instance, Instant, CapacityEvent> provider = VirtualEngine.upAfter(UP_AFTER);
  private Duration runs = Duration.ofMinutes(10);
  private final VirtualEngine engine =
      new VirtualEngine(
          Fixtures.limits(1_000_000, 1L << 40),
          T0,
          VirtualEngine.Times.running(_ -> runs),
          (instance, now) -> provider.apply(instance, now));

  EngineCapacityTest() {
    engine.watch(
        event -> {
          switch (event) {
            case Event.JobAdded(Job job, _) -> jobs.put(job.id(), job);
            case Event.JobChanged(_, Job after) -> jobs.put(after.id(), after);
            case Event.ComputeEnvironmentPut(ComputeEnvironment e) -> environments.put(e.name(), e);
            case Event.InstancePut(Instance i) -> {
              if (i.phase() == Instance.Phase.LAUNCHING) {
                launched.add(i);
              }
            }
            default -> {}
          }
        });
  }

  private void create(String name, String resources) {
    engine.tell(
        new Command.CreateComputeEnvironment(
            environment(name, resources.replace('\'', '"'), "{}")));
    engine.tell();
  }

  /** An environment {@code ce} and a queue {@code q}. */
  private void ec2(String strategy, int min, int max, String types) {
    create(
        "ce",
        "{'type':'EC2','allocationStrategy':'%s','minvCpus':%d,'maxvCpus':%d,'instanceTypes':[%s]}"
            .formatted(strategy, min, max, types));
    engine.tell(new Command.CreateJobQueue(queue("q", 1, "ce")));
  }

  private void spot(String types) {
    create(
        "ce",
        "{'type':'SPOT','allocationStrategy':'SPOT_PRICE_CAPACITY_OPTIMIZED','minvCpus':0,'maxvCpus':64,'instanceTypes':[%s]}"
            .formatted(types));
    engine.tell(new Command.CreateJobQueue(queue("q", 1, "ce")));
  }

  private void after(Duration time) {
    engine.run(T0.plus(time));
  }

  private void submit(String id, int vcpus) {
    engine.submitAt(engine.now(), aJob(id).needing(vcpus, vcpus * 1024).build());
  }

  private JobStatus status(String id) {
    return jobs.get(id).status();
  }

  private static String types(List<Instance> instances) {
    return String.join(" ", instances.stream().map(Instance::type).toList());
  }

  @Test
  void an_environment_goes_from_none_to_what_is_needed_and_back() {
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i.large'");
    submit("a", 2);
    submit("b", 2);
    after(Duration.ofSeconds(60));
    assertThat(types(launched)).isEqualTo("m6i.large m6i.large");
    assertThat(status("a")).isEqualTo(JobStatus.RUNNABLE);
    after(UP_AFTER.plusSeconds(1));
    assertThat(status("a")).isEqualTo(JobStatus.RUNNING);
    assertThat(status("b")).isEqualTo(JobStatus.RUNNING);
    after(UP_AFTER.plus(runs).plus(KEEP_IDLE).minusSeconds(1));
    assertThat(status("a")).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(engine.instances()).hasSize(2);
    after(UP_AFTER.plus(runs).plus(KEEP_IDLE).plusSeconds(1));
    assertThat(engine.instances()).isEmpty();
    assertThat(launched).hasSize(2);
  }

  @Test
  void minvcpus_are_there_without_jobs_and_stay() {
    ec2("BEST_FIT_PROGRESSIVE", 4, 64, "'m6i.large'");
    after(UP_AFTER);
    assertThat(engine.instances()).hasSize(2);
    submit("a", 2);
    submit("b", 2);
    submit("c", 2);
    after(Duration.ofHours(2));
    assertThat(status("c")).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(launched).hasSize(3);
    assertThat(engine.instances()).hasSize(2);
  }

  @Test
  void what_was_asked_for_at_once_goes_when_nobody_needs_it() {
    create(
        "ce",
        "{'type':'EC2','allocationStrategy':'BEST_FIT_PROGRESSIVE','minvCpus':2,'desiredvCpus':8,'maxvCpus':64,'instanceTypes':['m6i.large']}");
    after(UP_AFTER);
    assertThat(engine.instances()).hasSize(4);
    after(UP_AFTER.plus(KEEP_IDLE).plusSeconds(1));
    assertThat(engine.instances()).hasSize(1);
  }

  @Test
  void one_instance_may_go_beyond_maxvcpus_but_not_under_best_fit_on_demand() {
    ec2("BEST_FIT_PROGRESSIVE", 0, 6, "'m6i.xlarge'");
    for (int i = 0; i < 4; i++) {
      submit("j" + i, 4);
    }
    after(Duration.ofMinutes(5));
    assertThat(engine.instances()).hasSize(2);
    create(
        "strict",
        "{'type':'EC2','minvCpus':0,'maxvCpus':6,'instanceTypes':['m6i.xlarge','m6i.2xlarge']}");
    engine.tell(new Command.CreateJobQueue(queue("strict", 1, "strict")));
    for (int i = 0; i < 4; i++) {
      engine.submitAt(engine.now(), aJob("s" + i).on("strict").needing(4, 64).build());
    }
    after(Duration.ofMinutes(10));
    assertThat(
            engine.instances().values().stream()
                .filter(i -> i.computeEnvironment().equals("strict")))
        .hasSize(1);
  }

  @Test
  void a_reclaimed_instance_takes_its_job_with_it_and_the_job_runs_again_elsewhere() {
    spot("'c6i.large'");
    engine.submitAt(T0, aJob("a").needing(1, 64).tried(2).build());
    after(Duration.ofMinutes(4));
    String first = jobs.get("a").placement(1).orElseThrow().instanceId();
    engine.tell(new Command.ReclaimInstance(first, Optional.of(Duration.ofMinutes(1))));
    assertThat(status("a")).isEqualTo(JobStatus.RUNNING);
    after(Duration.ofMinutes(30));
    Job ended = jobs.get("a");
    assertThat(ended.status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(ended.attempts()).hasSize(2);
    assertThat(ended.attempts().getFirst().end().statusReason())
        .isEqualTo("Host EC2 (instance %s) terminated.".formatted(first));
    assertThat(ended.attempts().getFirst().end().exitCode()).isEmpty();
    assertThat(ended.attempts().getLast().on().instanceId()).isNotEqualTo(first);
    assertThat(
            engine.charges().stream()
                .flatMap(c -> c.attempt().stream())
                .map(Charge.Attempt::number))
        .containsExactly(1, 2);
    assertThat(engine.charges()).allMatch(c -> c.nanos() > 0 && c.spot());
    assertThat(engine.charges().stream().filter(c -> c.attempt().isEmpty())).hasSize(2);
  }

  @Test
  void who_does_not_end_within_the_notice_is_lost_with_the_instance() {
    spot("'c6i.large'");
    engine.submitAt(T0, aJob("a").needing(1, 64).build());
    after(Duration.ofMinutes(4));
    String first = jobs.get("a").placement(1).orElseThrow().instanceId();
    engine.tell(new Command.ReclaimInstance(first, Optional.of(Duration.ZERO)));
    engine.run(engine.now());
    assertThat(engine.instances()).doesNotContainKey(first);
    assertThat(status("a")).isEqualTo(JobStatus.FAILED);
    assertThat(jobs.get("a").statusReason())
        .hasValue("Host EC2 (instance %s) terminated.".formatted(first));
  }

  @Test
  void a_task_of_fargate_spot_is_taken_back_by_the_id_of_its_job() {
    create("ce", "{'type':'FARGATE_SPOT','maxvCpus':8}");
    engine.tell(new Command.CreateJobQueue(queue("q", 1, "ce")));
    engine.submitAt(T0, aJob("a").tried(2).build());
    after(Duration.ofMinutes(1));
    engine.tell(new Command.ReclaimInstance("a", Optional.of(Duration.ofSeconds(20))));
    assertThatThrownBy(() -> engine.tell(new Command.ReclaimInstance("a", Optional.empty())))
        .hasMessageContaining("no task of Fargate Spot that runs and had no notice yet");
    after(Duration.ofMinutes(20));
    assertThat(status("a")).isEqualTo(JobStatus.SUCCEEDED);
    var lost = jobs.get("a").attempts().getFirst().end();
    assertThat(lost.statusReason()).isEqualTo("Your Spot Task was interrupted.");
    assertThat(lost.exitCode()).hasValue(137);
    assertThat(engine.charges()).hasSize(2).allMatch(c -> c.spot() && c.nanos() > 0);
  }

  @Test
  void only_spot_instances_can_be_reclaimed() {
    ec2("BEST_FIT_PROGRESSIVE", 2, 64, "'m6i.large'");
    after(UP_AFTER);
    String id = engine.instances().keySet().iterator().next();
    assertThatThrownBy(() -> engine.tell(new Command.ReclaimInstance(id, Optional.empty())))
        .hasMessageContaining("is not a Spot instance");
    assertThatThrownBy(() -> engine.tell(new Command.ReclaimInstance("i-0", Optional.empty())))
        .hasMessage("Instance i-0 not found.");
  }

  @Test
  void a_type_that_cannot_be_had_is_replaced_by_another_or_waited_for() {
    provider =
        (i, now) ->
            i.type().startsWith("m6i") && now.isBefore(T0.plus(Duration.ofMinutes(10)))
                ? new CapacityEvent.NoCapacity(i.id(), "InsufficientInstanceCapacity", now)
                : new CapacityEvent.Up(i.id(), now.plus(UP_AFTER));
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i.large','r6i.large'");
    submit("a", 2);
    after(Duration.ofMinutes(4));
    assertThat(status("a")).isEqualTo(JobStatus.RUNNING);
    assertThat(types(launched)).isEqualTo("m6i.large r6i.large");
    create(
        "one",
        "{'type':'EC2','minvCpus':0,'maxvCpus':64,'instanceTypes':['m6i.large','r6i.large']}");
    engine.tell(new Command.CreateJobQueue(queue("one", 1, "one")));
    engine.submitAt(engine.now(), aJob("b").on("one").needing(2, 64).build());
    after(Duration.ofMinutes(9));
    assertThat(status("b")).isEqualTo(JobStatus.RUNNABLE);
    var blocked = engine.tell(new Command.LookAtQueue("one", 1)).getFirst();
    assertThat(blocked).isInstanceOf(Outcome.QueueFront.class);
    after(Duration.ofMinutes(13));
    assertThat(status("b")).isEqualTo(JobStatus.RUNNING);
    assertThat(types(launched.subList(2, launched.size()))).doesNotContain("r6i");
  }

  @Test
  void an_environment_that_can_have_no_instances_is_invalid_until_it_is_updated() {
    provider =
        (i, now) -> new CapacityEvent.Rejected(i.id(), "CLIENT_ERROR - no such profile", now);
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i'");
    submit("a", 2);
    after(Duration.ofMinutes(1));
    ComputeEnvironment invalid = environments.get("ce");
    assertThat(invalid.status()).isEqualTo(ComputeEnvironment.Status.INVALID);
    assertThat(invalid.problem()).hasValue("CLIENT_ERROR - no such profile");
    assertThat(status("a")).isEqualTo(JobStatus.RUNNABLE);
    provider = VirtualEngine.upAfter(UP_AFTER);
    engine.tell(
        new Command.UpdateComputeEnvironment(
            invalid.version(),
            invalid.updated(ComputeEnvironment.State.ENABLED, invalid.detail()),
            false,
            Optional.empty()));
    after(Duration.ofMinutes(20));
    assertThat(status("a")).isEqualTo(JobStatus.SUCCEEDED);
  }

  @Test
  void an_invalid_environment_that_was_short_of_a_type_keeps_nobody_awake() {
    provider =
        (i, now) ->
            launched.size() == 1
                ? new CapacityEvent.NoCapacity(i.id(), "InsufficientInstanceCapacity", now)
                : new CapacityEvent.Rejected(i.id(), "CLIENT_ERROR - no such profile", now);
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i.large','r6i.large'");
    submit("a", 2);
    after(Duration.ofSeconds(30));
    assertThat(environments.get("ce").status()).isEqualTo(ComputeEnvironment.Status.INVALID);
    engine.tell(new Command.TerminateJob("a", "not needed"));
    Instant later = T0.plus(Duration.ofMinutes(5));
    engine.engine().handle(List.of(), later);
    assertThat(engine.engine().nextDeadline()).isAfter(later);
  }

  @Test
  void instances_that_never_come_up_make_their_environment_invalid() {
    provider = VirtualEngine.upAfter(Duration.ofDays(1));
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i'");
    submit("a", 2);
    after(Duration.ofMinutes(31));
    assertThat(environments.get("ce").status()).isEqualTo(ComputeEnvironment.Status.INVALID);
    assertThat(environments.get("ce").problem().orElseThrow())
        .startsWith("Your compute environment has been INVALIDATED and scaled down");
    assertThat(engine.instances()).isEmpty();
  }

  @Test
  void a_disabled_environment_launches_nothing_and_lets_its_jobs_end() {
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i.large'");
    submit("a", 2);
    after(Duration.ofMinutes(3));
    change(ComputeEnvironment.State.DISABLED, environments.get("ce").detail(), false);
    submit("b", 2);
    after(Duration.ofMinutes(30));
    assertThat(status("a")).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(status("b")).isEqualTo(JobStatus.RUNNABLE);
    assertThat(launched).hasSize(1);
    assertThat(engine.instances()).isEmpty();
  }

  private void change(ComputeEnvironment.State state, String detail, boolean replaces) {
    ComputeEnvironment now = environments.get("ce");
    engine.tell(
        new Command.UpdateComputeEnvironment(
            now.version(), now.updated(state, detail), replaces, Optional.empty()));
  }

  @Test
  void an_update_of_the_infrastructure_gives_new_jobs_new_instances() {
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i.large'");
    submit("a", 2);
    after(Duration.ofMinutes(3));
    change(
        ComputeEnvironment.State.ENABLED,
        environments.get("ce").detail().replace("m6i.large", "c6i.large"),
        true);
    assertThat(environments.get("ce").status()).isEqualTo(ComputeEnvironment.Status.UPDATING);
    engine.submitAt(engine.now(), aJob("b").needing(2, 64).build());
    after(Duration.ofMinutes(6));
    assertThat(status("a")).isEqualTo(JobStatus.RUNNING);
    assertThat(status("b")).isEqualTo(JobStatus.RUNNING);
    assertThat(types(launched)).isEqualTo("m6i.large c6i.large");
    after(Duration.ofMinutes(12));
    assertThat(status("a")).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(environments.get("ce").status()).isEqualTo(ComputeEnvironment.Status.VALID);
    assertThat(engine.instances().values()).extracting(Instance::type).containsOnly("c6i.large");
  }

  @Test
  void a_gang_gets_all_its_instances_or_none() {
    ec2("BEST_FIT_PROGRESSIVE", 0, 7, "'m6i.large'");
    engine.submitAt(T0, aJob("too-many").needing(2, 64).ofNodes(6).build());
    after(Duration.ofMinutes(5));
    assertThat(launched).isEmpty();
    engine.tell(new Command.TerminateJob("too-many", "no"));
    engine.submitAt(engine.now(), aJob("gang").needing(2, 64).ofNodes(3).build());
    after(Duration.ofMinutes(8));
    assertThat(launched).hasSize(3);
    assertThat(jobs.get("gang").placement(1).orElseThrow().instances())
        .containsExactlyInAnyOrderElementsOf(launched.stream().map(Instance::id).toList());
    submit("beside", 1);
    after(Duration.ofMinutes(9));
    assertThat(status("beside")).as("a node has its instance alone").isEqualTo(JobStatus.RUNNABLE);
    after(Duration.ofMinutes(40));
    assertThat(status("gang")).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(status("beside")).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(engine.instances()).isEmpty();
  }

  @Test
  void a_gpu_is_asked_for_where_there_is_one() {
    ec2("BEST_FIT_PROGRESSIVE", 0, 64, "'m6i','g5'");
    engine.submitAt(T0, aJob("a").needing(1, 64).withGpus(1).build());
    after(Duration.ofMinutes(3));
    assertThat(types(launched)).isEqualTo("g5.xlarge");
    assertThat(status("a")).isEqualTo(JobStatus.RUNNING);
  }

  @Test
  void an_idle_instance_that_is_too_small_makes_room_for_a_large_one() {
    ec2("BEST_FIT_PROGRESSIVE", 4, 4, "'m6i.large','m6i.xlarge'");
    after(Duration.ofMinutes(3));
    engine.submitAt(engine.now(), aJob("a").needing(4, 64).build());
    after(Duration.ofMinutes(8));
    assertThat(status("a")).isEqualTo(JobStatus.RUNNING);
  }

  @Test
  void under_best_fit_small_idle_instances_go_at_once_for_a_large_job() {
    ec2("BEST_FIT", 0, 4, "'m6i'");
    runs = Duration.ofSeconds(5);
    submit("a", 2);
    submit("b", 2);
    after(Duration.ofMinutes(2));
    assertThat(types(launched)).isEqualTo("m6i.large m6i.large");
    submit("large", 4);
    after(Duration.ofMinutes(2).plus(UP_AFTER).plusSeconds(1));
    assertThat(types(launched)).isEqualTo("m6i.large m6i.large m6i.xlarge");
    assertThat(status("large")).isEqualTo(JobStatus.RUNNING);
  }

  @Test
  void whatever_happens_an_environment_scales_down_to_its_minimum() {
    int worlds = 200;
    int launches = 0;
    for (long seed = 1; seed <= worlds; seed++) {
      Random random = new Random(seed);
      var world = new EngineCapacityTest();
      int min = random.nextInt(3) * 2;
      boolean market = random.nextBoolean();
      world.create(
          "ce",
          "{'type':'%s','allocationStrategy':'%s','minvCpus':%d,'maxvCpus':32,'instanceTypes':[%s]}"
              .formatted(
                  market ? "SPOT" : "EC2",
                  market ? "SPOT_PRICE_CAPACITY_OPTIMIZED" : "BEST_FIT_PROGRESSIVE",
                  min,
                  random.nextBoolean() ? "'m6i.2xlarge','c6i.2xlarge'" : "'optimal'"));
      world.engine.tell(new Command.CreateJobQueue(queue("q", 1, "ce")));
      for (int i = 0; i < 20; i++) {
        world.engine.submitAt(
            T0.plusSeconds(random.nextInt(3600)),
            aJob("j" + i).needing(1 + random.nextInt(6), 64 << random.nextInt(6)).tried(5).build());
      }
      world.after(Duration.ofHours(12));
      assertThat(world.engine.engine().liveJobs()).as("seed " + seed).isEmpty();
      long vcpus =
          world.engine.instances().values().stream().mapToLong(i -> i.size().vcpuMillis()).sum();
      long most =
          world.engine.instances().values().stream()
              .mapToLong(i -> i.size().vcpuMillis())
              .max()
              .orElse(0);
      assertThat(vcpus).as("seed " + seed).isGreaterThanOrEqualTo(min * 1000L);
      assertThat(vcpus - most)
          .as("seed %d: none is too many", seed)
          .isLessThan(Math.max(1, min * 1000L));
      launches += world.launched.size();
    }
    System.out.printf(
        "scaling: worlds %d, instances launched %d, scaled down to the minimum %d%n",
        worlds, launches, worlds);
  }

  @Test
  void spot_that_is_full_flows_over_to_on_demand() {
    create(
        "spot",
        "{'type':'SPOT','allocationStrategy':'SPOT_CAPACITY_OPTIMIZED','minvCpus':0,'maxvCpus':2,'instanceTypes':['c6i.large']}");
    create(
        "ce",
        "{'type':'EC2','allocationStrategy':'BEST_FIT_PROGRESSIVE','minvCpus':0,'maxvCpus':64,'instanceTypes':['m6i.large']}");
    engine.tell(new Command.CreateJobQueue(queue("q", 1, "spot", "ce")));
    submit("a", 2);
    submit("b", 2);
    after(Duration.ofMinutes(5));
    assertThat(jobs.get("a").placement(1).orElseThrow().computeEnvironment()).isEqualTo("spot");
    assertThat(jobs.get("b").placement(1).orElseThrow().computeEnvironment()).isEqualTo("ce");
  }

  @Test
  void a_placed_job_waits_in_starting_for_room_on_this_host() {
    var small = new Engine(Fixtures.limits(2, 4096), Loaded.NOTHING);
    small.handle(List.of(new Command.CreateComputeEnvironment(environment("ce", 64))), T0);
    small.handle(List.of(new Command.CreateJobQueue(queue("q", 1, "ce"))), T0);
    List<String> starts = new ArrayList<>();
    for (String id : List.of("large", "second")) {
      Step step =
          small.handle(
              List.of(Fixtures.submit(aJob(id).needing(id.equals("large") ? 16 : 1, 64).build())),
              T0);
      step.effects().stream()
          .filter(Effect.Start.class::isInstance)
          .forEach(e -> starts.add(((Effect.Start) e).job().id()));
    }
    assertThat(starts).as("the large one has the host alone").containsExactly("large");
    assertThat(small.liveJobs()).allMatch(job -> job.state() instanceof JobState.Starting);
    Step end =
        small.handle(
            List.of(
                new Command.AttemptSeen(
                    new ExecutionEvent.StartFailed(new AttemptId("large", 1), "no image", T0))),
            T0);
    assertThat(end.effects())
        .anyMatch(e -> e instanceof Effect.Start(Job job) && job.id().equals("second"));
    Step stop = small.handle(List.of(new Command.TerminateJob("second", "enough")), T0);
    assertThat(stop.effects()).anyMatch(Effect.Stop.class::isInstance);
  }
}
