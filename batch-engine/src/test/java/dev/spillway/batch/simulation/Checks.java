package dev.spillway.batch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.engine.JobStateChange;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.scheduling.Snapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

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
            (long) job.spec().vcpuMillis(),
            Long::sum);
        Snapshot.Slot slot = host.slot(job.spec().vcpuMillis(), job.spec().memoryMib());
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
    Map<String, Job> byId =
        world.journal.jobs().stream().collect(Collectors.toMap(Job::id, Function.identity()));
    for (Job job : byId.values()) {
      if (job.attempt() > 0) {
        for (String dependency : job.spec().dependsOn()) {
          assertThat(byId.get(dependency).status())
              .as("%s runs, it depends on %s", job.id(), dependency)
              .isEqualTo(JobStatus.SUCCEEDED);
        }
      }
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
    long sequence = 0;
    for (JobStateChange change : world.journal.changesAfter(0, Integer.MAX_VALUE)) {
      assertThat(change.sequence()).as("the outbox has no gap").isEqualTo(++sequence);
      if (change.status().terminal()) {
        ends.merge(change.jobId(), 1, Integer::sum);
      }
    }
    for (String id : world.acknowledged) {
      assertThat(ends.get(id)).as("ends of %s, which was acknowledged", id).isEqualTo(1);
    }
    assertThat(world.journal.jobs().stream().map(j -> j.spec().idempotencyKey()).distinct())
        .as("one job for each key")
        .hasSize(world.journal.jobs().size());
  }
}
