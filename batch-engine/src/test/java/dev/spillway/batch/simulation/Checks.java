package dev.spillway.batch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobqueue.JobQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** What holds in every world, after every step. */
final class Checks {
  private final World world;
  private final Map<String, Job> looked = new HashMap<>();
  private long usedUp;

  Checks(World world) {
    this.world = world;
  }

  void afterEveryStep() {
    changed_jobs();
    loaded_equals_live();
    readers_see_what_the_engine_knows();
    who_waits_is_told_why();
    who_is_pending_waits_for_somebody();
    consumables_are_held_by_somebody();
    nothing_is_promised_twice();
    this_host_is_not_overloaded();
    no_job_runs_twice_at_once();
    no_start_and_no_stop_is_lost();
  }

  /** Even when the process died between the commit and the effect. */
  private void no_start_and_no_stop_is_lost() {
    for (Job job : world.engine().liveJobs()) {
      boolean stopping;
      switch (job.state()) {
        case JobState.Starting s -> stopping = s.stop().isPresent();
        case JobState.Running r -> stopping = r.stop().isPresent();
        case JobState _ -> {
          continue;
        }
      }
      AttemptId attempt = new AttemptId(job.id(), job.attempt());
      boolean known =
          stopping
              ? world.executor.endsBy(attempt, world.latest().plus(World.STOP_GRACE))
              : world.executor.knows(attempt);
      assertThat(known || world.tells(attempt) || world.view().awaitsSlot(job.id()))
          .as("the runner has what it should of %s, which is %s", attempt, job.state())
          .isTrue();
    }
  }

  private void loaded_equals_live() {
    int live = 0;
    for (Job job : world.journal.jobs()) {
      if (!job.status().terminal()) {
        live++;
        Job known = world.view().job(job.id()).orElse(null);
        assertThat(job == known || job.equals(known)).as("%s as loaded", job.id()).isTrue();
      }
    }
    assertThat(world.engine().liveJobs()).hasSize(live);
  }

  private void readers_see_what_the_engine_knows() {
    assertThat(world.view().liveJobs()).hasSameSizeAs(world.engine().liveJobs());
    for (Job job : world.engine().liveJobs()) {
      assertThat(world.view().job(job.id()).orElse(null) == job)
          .as("readers see %s as it is", job.id())
          .isTrue();
    }
    Loaded.Resources kept = world.journal.load().resources();
    assertThat(List.copyOf(world.view().jobQueues())).isEqualTo(kept.jobQueues());
    assertThat(List.copyOf(world.view().computeEnvironments()))
        .isEqualTo(kept.computeEnvironments());
    assertThat(List.copyOf(world.view().consumableResources()))
        .isEqualTo(kept.consumableResources());
  }

  /** Each queue in which jobs wait says which is the head, and that one really cannot start. */
  private void who_waits_is_told_why() {
    if (world.justBooted) {
      return; // the first turn after a start tells
    }
    Map<String, Job> heads = new HashMap<>();
    for (Job job : world.engine().liveJobs()) {
      boolean waits =
          job.state() instanceof JobState.Runnable
              || (job.state() instanceof JobState.Fanned && job.hasRunnableChildren());
      if (waits) {
        heads.merge(job.spec().jobQueue(), job, (a, b) -> a.order() < b.order() ? a : b);
      }
    }
    for (JobQueue queue : world.view().jobQueues()) {
      Optional<Step.Waiting> waiting = world.view().waiting(queue.name());
      Job head = heads.get(queue.name());
      if (head == null) {
        assertThat(waiting).as("queue %s, in which nothing waits", queue.name()).isEmpty();
        continue;
      }
      String id =
          head.children()
              .map(c -> new ChildId(head.id(), c.nextRunnable(0)).toString())
              .orElse(head.id());
      assertThat(waiting.map(Step.Waiting::jobId)).as("head of %s", queue.name()).hasValue(id);
      // A job of another queue may have taken the consumables that this one would start with.
      assertThat(
              !waiting.get().reason().contains(" launches an instance for it")
                  || !head.spec().needs().consumables().isEmpty()
                  || world.view().instances().stream()
                      .anyMatch(i -> i.phase() == Instance.Phase.LAUNCHING))
          .as("%s: %s, and none is on its way", id, waiting.get().reason())
          .isTrue();
      boolean kept = waiting.get().reason().contains(" keeps what comes free for job ");
      assertThat(!kept && couldStart(queue, head))
          .as("%s could start, and waits: %s", id, waiting.get().reason())
          .isFalse();
      boolean none =
          queue.computeEnvironments().stream()
              .noneMatch(e -> world.view().computeEnvironment(e).orElseThrow().usable());
      assertThat(waiting.get().reason().startsWith("No compute environment"))
          .as("%s: %s", id, waiting.get().reason())
          .isEqualTo(none);
    }
  }

  private boolean couldStart(JobQueue queue, Job head) {
    long vcpus = head.spec().needs().vcpuMillis();
    Map<String, Long> used = new HashMap<>();
    Map<String, Long> held = new HashMap<>();
    for (Job job : world.engine().liveJobs()) {
      if (runs(job)) {
        JobSpec.Needs needs = job.spec().needs();
        used.merge(
            job.placement(job.attempt()).orElseThrow().computeEnvironment(),
            needs.vcpuMillis(),
            Long::sum);
        needs
            .consumables()
            .forEach(n -> held.merge(n.consumableResource(), n.quantity(), Long::sum));
      }
    }
    return head.spec().needs().consumables().stream()
            .allMatch(
                n ->
                    held.getOrDefault(n.consumableResource(), 0L) + n.quantity()
                        <= world
                            .view()
                            .consumableResource(n.consumableResource())
                            .orElseThrow()
                            .totalQuantity())
        && queue.computeEnvironments().stream()
            .map(e -> world.view().computeEnvironment(e).orElseThrow())
            .anyMatch(
                e ->
                    e.usable()
                        && (e.fargate()
                            ? used.getOrDefault(e.name(), 0L) + vcpus <= e.maxVcpus() * 1000L
                            : instanceHolds(e, head.spec().needs().size())));
  }

  private static boolean runs(Job job) {
    return job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running;
  }

  private void who_is_pending_waits_for_somebody() {
    for (Job job : world.engine().liveJobs()) {
      if (job.state() instanceof JobState.Pending pending) {
        assertThat(pending.waitingFor()).as(job.id()).noneMatch(id -> status(id).terminal());
      }
      if (job.state() instanceof JobState.Fanned fanned && fanned.stop().isEmpty()) {
        ArrayChildren children = job.children().orElseThrow();
        for (int i = 0; i < children.size(); i += Math.max(1, children.size() / 40)) {
          if (children.status(i) == ChildStatus.PENDING) {
            assertThat(waitedFor(job.child(i)))
                .as("child %d of %s waits for one of these, and none fails it", i, job.id())
                .anyMatch(id -> !status(id).terminal())
                .noneMatch(id -> status(id) == JobStatus.FAILED);
          }
        }
      }
    }
  }

  private void consumables_are_held_by_somebody() {
    Map<String, Long> held = new HashMap<>();
    for (Job job : world.engine().liveJobs()) {
      if (runs(job)) {
        for (ConsumableNeed need : job.spec().needs().consumables()) {
          held.merge(need.consumableResource(), need.quantity(), Long::sum);
        }
      }
    }
    for (ConsumableResource resource : world.view().consumableResources()) {
      long its = held.getOrDefault(resource.name(), 0L);
      assertThat(its).as(resource.name()).isLessThanOrEqualTo(resource.totalQuantity());
      if (!world.justBooted) {
        assertThat(world.view().consumableInUse(resource.name()))
            .as(resource.name())
            .isEqualTo(its);
      }
    }
    world
        .view()
        .consumableResource("tokens")
        .ifPresent(
            tokens ->
                assertThat(tokens.totalQuantity() + usedUp)
                    .as("tokens that are left and tokens that were used up")
                    .isEqualTo(Operator.TOKENS));
  }

  private void nothing_is_promised_twice() {
    Map<String, Long> perEnvironment = new HashMap<>();
    for (Job job : world.engine().liveJobs()) {
      if (runs(job)) {
        perEnvironment.merge(
            job.placement(job.attempt()).orElseThrow().computeEnvironment(),
            job.spec().needs().vcpuMillis(),
            Long::sum);
      }
    }
    assertThat(perEnvironment.getOrDefault("x", 0L))
        .as("vCPUs on x")
        .isLessThanOrEqualTo(Operator.ENVIRONMENTS.get("x") * 1000L);
    free().forEach((id, size) -> assertThat(size.holds(Size.NONE)).as(id).isTrue());
  }

  /** What each instance has left, that is there. */
  private Map<String, Size> free() {
    Map<String, Size> free = new HashMap<>();
    for (Instance instance : world.view().instances()) {
      free.put(instance.id(), instance.size());
    }
    for (Job job : world.engine().liveJobs()) {
      if (runs(job)) {
        String id = job.placement(job.attempt()).orElseThrow().instanceId();
        free.computeIfPresent(id, (_, left) -> left.minus(job.spec().needs().size()));
        assertThat(job.placement(job.attempt()).get().computeEnvironment().equals("x"))
            .as("%s runs without an instance", job.id())
            .isNotEqualTo(free.containsKey(id));
      }
    }
    return free;
  }

  /** Whether an instance of the environment has room. */
  private boolean instanceHolds(ComputeEnvironment e, Size size) {
    Map<String, Size> free = free();
    return world.view().instances().stream()
        .filter(i -> i.computeEnvironment().equals(e.name()) && i.takesJobs())
        .anyMatch(i -> free.get(i.id()).holds(size));
  }

  /** What nobody needs has gone. */
  void instances_scale_down_to_the_minimum() {
    assertThat(world.view().instances()).isEmpty();
  }

  /** However much the environments promise together. */
  private void this_host_is_not_overloaded() {
    long vcpus = 0;
    long memory = 0;
    for (AttemptId attempt : world.executor.playing()) {
      Job job = world.view().job(attempt.jobId()).orElse(null);
      if (job != null && runs(job) && job.attempt() == attempt.number()) {
        JobSpec.Needs needs = job.spec().needs();
        vcpus += Math.min(needs.vcpuMillis(), World.HOST_VCPUS * 1000L);
        memory += Math.min(needs.memoryMib(), World.HOST_MEMORY_MIB);
      }
    }
    assertThat(vcpus).as("vCPUs of the host").isLessThanOrEqualTo(World.HOST_VCPUS * 1000L);
    assertThat(memory).as("memory of the host").isLessThanOrEqualTo(World.HOST_MEMORY_MIB);
  }

  private void attempts_stay_within_the_limit(Job job) {
    assertThat(job.attempt())
        .as("attempts of %s", job.id())
        .isLessThanOrEqualTo(job.spec().retry().attempts());
    assertThat(job.attempts().size()).isLessThanOrEqualTo(job.attempt());
  }

  private void no_job_starts_before_its_dependencies_end(Job job) {
    if (job.attempt() > 0) {
      waitedFor(job)
          .forEach(
              id ->
                  assertThat(status(id))
                      .as("%s runs, it depends on %s", job.id(), id)
                      .isEqualTo(JobStatus.SUCCEEDED));
    }
  }

  /** Looks at each job again when it has changed; what it depends on may only end once. */
  private void changed_jobs() {
    for (Job job : world.journal.jobs()) {
      Job before = looked.put(job.id(), job);
      if (before == job) {
        continue;
      }
      usedUp += tokens(job) - (before == null ? 0 : tokens(before));
      attempts_stay_within_the_limit(job);
      no_job_starts_before_its_dependencies_end(job);
      children_are_where_their_parent_says(job);
    }
  }

  private static long tokens(Job job) {
    return job.attempts().size()
        * job.spec().needs().consumables().stream()
            .filter(n -> n.consumableResource().equals("tokens"))
            .mapToLong(ConsumableNeed::quantity)
            .sum();
  }

  /** The jobs, and children, that must have succeeded before a job may start. */
  private List<String> waitedFor(Job job) {
    Optional<ArrayRole.Child> child = job.spec().child();
    JobSpec spec = child.map(c -> job(c.parentId()).spec()).orElse(job.spec());
    List<String> ids = new ArrayList<>();
    for (Dependency dependency : spec.dependsOn()) {
      ids.add(
          dependency.nToN()
              ? new ChildId(dependency.jobId(), child.orElseThrow().index()).toString()
              : dependency.jobId());
    }
    if (child.isPresent() && child.get().index() > 0 && spec.parent().orElseThrow().sequential()) {
      ids.add(new ChildId(child.get().parentId(), child.get().index() - 1).toString());
    }
    return ids;
  }

  private Job job(String id) {
    return world.journal.find(List.of(id)).stream().findFirst().orElse(null);
  }

  private JobStatus status(String id) {
    Job job = job(id);
    if (job != null) {
      return job.status();
    }
    ChildId child = ChildId.parse(id).orElseThrow();
    return job(child.parentId()).children().orElseThrow().status(child.index()).wire();
  }

  /** What a parent says of its children is what their records say. */
  private void children_are_where_their_parent_says(Job job) {
    if (job.spec().child().isPresent()) {
      ArrayRole.Child child = job.spec().child().get();
      assertThat(job(child.parentId()).children().orElseThrow().status(child.index()))
          .as(job.id())
          .isEqualTo(job.asChild());
    }
    if (job.children().isPresent()) {
      ArrayChildren children = job.children().get();
      int step = Math.max(1, children.size() / 40); // of a large one, some
      for (int i = 0; i < children.size(); i += step) {
        assertThat(job(new ChildId(job.id(), i).toString()) != null)
            .as("child %d of %s, which is %s, has a record", i, job.id(), children.status(i))
            .isEqualTo(children.status(i).recorded());
      }
      assertThat(job.status().terminal()).as(job.id()).isEqualTo(children.allEnded());
    }
  }

  private void no_job_runs_twice_at_once() {
    List<AttemptId> playing = world.executor.playing();
    assertThat(playing.stream().map(AttemptId::jobId).distinct().count())
        .as("jobs that run: %s", playing)
        .isEqualTo(playing.size());
    if (!world.machineLost) {
      Set<AttemptId> started = new HashSet<>();
      for (Attempt attempt : world.executor.starts()) {
        assertThat(started.add(attempt.id())).as("%s ran twice", attempt.id()).isTrue();
      }
    }
  }

  void atTheEnd(boolean quiet) {
    assertThat(quiet)
        .as("all jobs come to an end; these have not: %s", world.engine().liveJobs())
        .isTrue();
    Map<String, Integer> ends = new HashMap<>();
    long next = 1;
    for (OutboxEvent event : world.journal.eventsAfter(0, Integer.MAX_VALUE)) {
      assertThat(event.sequence()).as("the outbox has no gap").isEqualTo(next);
      next += event.span();
      ended(event).forEach(id -> ends.merge(id, 1, Integer::sum));
    }
    for (String id : world.acknowledged) {
      assertThat(ends.get(id)).as("ends of %s, which was acknowledged", id).isEqualTo(1);
      for (int i = 0; i < world.sizes.getOrDefault(id, 0); i++) {
        String child = new ChildId(id, i).toString();
        assertThat(ends.get(child)).as("ends of %s, whose array was", child).isEqualTo(1);
      }
    }
    world.tags.forEach(
        (id, tags) ->
            assertThat(world.journal.details(List.of(id)).get(id).tags()).as(id).isNotEmpty());
    assertThat(
            world.journal.jobs().stream()
                .filter(j -> j.spec().child().isEmpty())
                .map(j -> j.spec().idempotencyKey()))
        .as("one job for each key")
        .doesNotHaveDuplicates();
  }

  private static List<String> ended(OutboxEvent event) {
    return switch (event) {
      case OutboxEvent.JobStateChange change ->
          change.status().terminal() ? List.of(change.jobId()) : List.of();
      case OutboxEvent.ChildStateChanges c ->
          c.status().terminal()
              ? IntStream.range(0, c.span())
                  .mapToObj(n -> new ChildId(c.parent().id(), c.indexes().at(n)).toString())
                  .toList()
              : List.of();
      case OutboxEvent.QueueBlocked _ -> List.of();
    };
  }
}
