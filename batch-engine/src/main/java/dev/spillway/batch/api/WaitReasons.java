package dev.spillway.batch.api;

import dev.spillway.batch.api.wire.JobDetailMapper;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Size;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Why a job waits: in AWS's words where AWS has some, and always in ours. */
final class WaitReasons {
  /** Dependencies named one by one; the rest is counted. */
  private static final int NAMED = 3;

  private final EngineView view;

  WaitReasons(EngineView view) {
    this.view = view;
  }

  JobDetailMapper.Wait of(Job job) {
    return new JobDetailMapper.Wait(statusReason(job), reason(job));
  }

  /** AWS's words, for a head that is blocked. */
  private Optional<String> statusReason(Job job) {
    return job.state() instanceof JobState.Runnable
        ? head(job).filter(h -> h.jobId().equals(job.id())).flatMap(Step.Waiting::statusReason)
        : Optional.empty();
  }

  /** Our words; empty when it does not wait. */
  private Optional<String> reason(Job job) {
    return switch (job.state()) {
      case JobState.Runnable _ -> Optional.of(runnable(job));
      case JobState.Pending pending -> pending(job, pending);
      case JobState.Starting _ when view.awaitsSlot(job.id()) -> Optional.of(awaitsSlot(job));
      case JobState.Starting _, JobState.Running _, JobState.Succeeded _, JobState.Failed _ ->
          clamped(job);
      case JobState.Submitted _, JobState.Fanned _ -> Optional.empty();
    };
  }

  private String awaitsSlot(Job job) {
    Size host = view.host();
    return "Placed; waits for room on this host, whose %s vCPU and %d MiB others hold: it needs %s vCPU and %d MiB of it."
        .formatted(
            vcpus(host.vcpuMillis()),
            host.memoryMib(),
            vcpus(Math.min(host.vcpuMillis(), job.spec().needs().vcpuMillis())),
            Math.min(host.memoryMib(), job.spec().needs().memoryMib()));
  }

  /** A job that asked for more than this host has. */
  private Optional<String> clamped(Job job) {
    Size host = view.host();
    JobSpec.Needs needs = job.spec().needs();
    boolean elsewhere =
        job.placement(job.attempt())
            .map(on -> view.instance(on.instanceId()).flatMap(Instance::host).isPresent())
            .orElse(true);
    return elsewhere
            || (needs.vcpuMillis() <= host.vcpuMillis() && needs.memoryMib() <= host.memoryMib())
        ? Optional.empty()
        : Optional.of(
            "It asked for %s vCPU and %d MiB; this host has %s vCPU and %d MiB, so that it runs alone and with no more than that."
                .formatted(
                    vcpus(needs.vcpuMillis()),
                    needs.memoryMib(),
                    vcpus(host.vcpuMillis()),
                    host.memoryMib()));
  }

  private static String vcpus(long millis) {
    return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
  }

  private Optional<Step.Waiting> head(Job job) {
    return view.waiting(job.spec().jobQueue());
  }

  private String runnable(Job job) {
    String queue = job.spec().jobQueue();
    return head(job)
        .map(
            head ->
                head.jobId().equals(job.id())
                    ? head.reason()
                    : "Behind job %s, the head of job queue %s. That one: %s"
                        .formatted(head.jobId(), queue, head.reason()))
        .orElse("Waiting for its turn in job queue " + queue + ".");
  }

  private Optional<String> pending(Job job, JobState.Pending pending) {
    if (!pending.waitingFor().isEmpty()) {
      List<String> named =
          pending.waitingFor().stream().limit(NAMED).map(this::withStatus).toList();
      int more = pending.waitingFor().size() - named.size();
      return Optional.of(
          "Waiting for %s%s to succeed."
              .formatted(
                  String.join(", ", named), more > 0 ? " and %d more jobs".formatted(more) : ""));
    }
    return job.spec().child().flatMap(this::child);
  }

  private String withStatus(String jobId) {
    return "job " + jobId + view.job(jobId).map(j -> " (" + j.status() + ")").orElse("");
  }

  /** A child that has no record yet, and what holds it back. */
  private Optional<String> child(ArrayRole.Child child) {
    Optional<Job> parent = view.job(child.parentId());
    if (parent.isEmpty()) {
      return Optional.empty();
    }
    if (parent.get().state() instanceof JobState.Pending waiting) {
      return pending(parent.get(), waiting);
    }
    List<String> held = new ArrayList<>();
    ArrayChildren siblings = parent.get().children().orElseThrow();
    boolean sequential =
        parent.get().spec().parent().map(ArrayRole.Parent::sequential).orElse(false);
    if (sequential && child.index() > 0) {
      held.add(withStatus(child.parentId(), child.index() - 1, siblings));
    }
    for (Dependency dependency : parent.get().spec().dependsOn()) {
      if (dependency.nToN()) {
        view.job(dependency.jobId())
            .flatMap(Job::children)
            .filter(c -> c.status(child.index()) != ChildStatus.SUCCEEDED)
            .ifPresent(c -> held.add(withStatus(dependency.jobId(), child.index(), c)));
      }
    }
    return held.isEmpty()
        ? Optional.empty()
        : Optional.of("Waiting for %s to succeed.".formatted(String.join(", ", held)));
  }

  private static String withStatus(String parentId, int index, ArrayChildren children) {
    return "job %s:%d (%s)".formatted(parentId, index, children.status(index).wire());
  }
}
