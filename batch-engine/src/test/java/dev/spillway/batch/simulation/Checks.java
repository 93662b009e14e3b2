package dev.spillway.batch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.scheduling.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What holds in every world, after every step. */
final class Checks {
  private final World world;

  Checks(World world) {
    this.world = world;
  }

  void afterEveryStep() {
    loaded_equals_live();
    nothing_is_promised_twice();
    attempts_stay_within_the_limit();
    no_job_starts_before_its_dependencies_end();
    children_are_where_their_parent_says();
    no_more_licences_are_held_than_there_are();
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
              ? world.executor.endsBy(attempt, world.clock.instant().plus(World.STOP_GRACE))
              : world.executor.knows(attempt);
      assertThat(known || world.tells(attempt))
          .as("the runner has what it should of %s, which is %s", attempt, job.state())
          .isTrue();
    }
  }

  private void loaded_equals_live() {
    assertThat(Set.copyOf(world.journal.load().liveJobs()))
        .isEqualTo(Set.copyOf(world.engine().liveJobs()));
  }

  private void nothing_is_promised_twice() {
    var host = new Snapshot.Host(World.HOST_VCPUS * 1000L, World.HOST_MEMORY_MIB, 0, 0);
    Map<String, Long> perEnvironment = new HashMap<>();
    long vcpus = 0;
    long memory = 0;
    for (Job job : world.engine().liveJobs()) {
      if (job.placement(job.attempt()).isPresent()
          && (job.state() instanceof JobState.Starting
              || job.state() instanceof JobState.Running)) {
        perEnvironment.merge(
            job.placement(job.attempt()).get().computeEnvironment(),
            (long) job.spec().needs().vcpuMillis(),
            Long::sum);
        Snapshot.Slot slot =
            host.slot(job.spec().needs().vcpuMillis(), job.spec().needs().memoryMib());
        vcpus += slot.vcpuMillis();
        memory += slot.memoryMib();
      }
    }
    assertThat(vcpus).isLessThanOrEqualTo(host.vcpuMillis());
    assertThat(memory).isLessThanOrEqualTo(host.memoryMib());
    perEnvironment.forEach(
        (name, used) ->
            assertThat(used)
                .as("vCPUs on %s", name)
                .isLessThanOrEqualTo(World.ENVIRONMENTS.get(name) * 1000L));
  }

  private void attempts_stay_within_the_limit() {
    for (Job job : world.journal.jobs()) {
      assertThat(job.attempt())
          .as("attempts of %s", job.id())
          .isLessThanOrEqualTo(job.spec().retry().attempts());
      assertThat(job.attempts().size()).isLessThanOrEqualTo(job.attempt());
    }
  }

  private void no_job_starts_before_its_dependencies_end() {
    Map<String, Job> byId = byId();
    for (Job job : byId.values()) {
      if (job.attempt() > 0) {
        waitedFor(job, byId)
            .forEach(
                id ->
                    assertThat(status(id, byId))
                        .as("%s runs, it depends on %s", job.id(), id)
                        .isEqualTo(JobStatus.SUCCEEDED));
      }
    }
  }

  private Map<String, Job> byId() {
    return world.journal.jobs().stream().collect(Collectors.toMap(Job::id, Function.identity()));
  }

  /** The jobs, and children, that must have succeeded before a job may start. */
  private static List<String> waitedFor(Job job, Map<String, Job> byId) {
    Optional<ArrayRole.Child> child = job.spec().child();
    JobSpec spec = child.map(c -> byId.get(c.parentId()).spec()).orElse(job.spec());
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

  private static JobStatus status(String id, Map<String, Job> byId) {
    if (byId.containsKey(id)) {
      return byId.get(id).status();
    }
    ChildId child = ChildId.parse(id).orElseThrow();
    return byId.get(child.parentId()).children().orElseThrow().status(child.index()).wire();
  }

  /** What a parent says of its children is what their records say. */
  private void children_are_where_their_parent_says() {
    Map<String, Job> byId = byId();
    for (Job job : byId.values()) {
      if (job.spec().child().isPresent()) {
        ArrayRole.Child child = job.spec().child().get();
        assertThat(byId.get(child.parentId()).children().orElseThrow().status(child.index()))
            .as(job.id())
            .isEqualTo(job.asChild());
      }
      if (job.children().isPresent()) {
        ArrayChildren children = job.children().get();
        for (int i = 0; i < children.size(); i++) {
          assertThat(byId.containsKey(new ChildId(job.id(), i).toString()))
              .as("child %d of %s, which is %s, has a record", i, job.id(), children.status(i))
              .isEqualTo(children.status(i).recorded());
        }
        assertThat(job.status().terminal()).as(job.id()).isEqualTo(children.allEnded());
      }
    }
  }

  private void no_more_licences_are_held_than_there_are() {
    long held =
        world.engine().liveJobs().stream()
            .filter(
                j ->
                    j.state() instanceof JobState.Starting || j.state() instanceof JobState.Running)
            .flatMap(j -> j.spec().needs().consumables().stream())
            .mapToLong(ConsumableNeed::quantity)
            .sum();
    assertThat(held).isLessThanOrEqualTo(World.LICENCES);
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
