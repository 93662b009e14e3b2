package dev.spillway.batch.scheduling;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses what starts now. Strict first in, first out per queue: the head that finds no place
 * blocks its queue, never another one. Queues are served in the order given, the environments of a
 * queue in theirs.
 *
 * <p>Shape: pure; costs what it places plus one look per queue, not the length of the backlog. <br>
 * Units: thousandths of a vCPU; MiB. <br>
 * Source: AWS Batch user guide, job scheduling (FIFO), job queue priority, jobs stuck in RUNNABLE.
 */
public final class Scheduler {
  public static final String MAX_RESOURCE =
      "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
          + " cannot meet the CPU requirement of the job.";
  public static final String INVALID =
      "ACTION_REQUIRED - CE(s) associated with the job queue are invalid.";

  private Scheduler() {}

  /** Places for every head that fits, and one {@code Leave} for each queue that still waits. */
  public static List<Decision> decide(Snapshot snapshot) {
    var pass = new Pass(snapshot);
    snapshot.queues().forEach(pass::serve);
    return pass.decisions;
  }

  private static final class Pass {
    private final Snapshot snapshot;
    private final Map<String, Long> usedByEnvironment = new HashMap<>();
    private final List<Decision> decisions = new ArrayList<>();
    private long usedVcpuMillis;
    private long usedMemoryMib;

    Pass(Snapshot snapshot) {
      this.snapshot = snapshot;
      this.usedVcpuMillis = snapshot.host().usedVcpuMillis();
      this.usedMemoryMib = snapshot.host().usedMemoryMib();
      snapshot.environments().forEach((name, e) -> usedByEnvironment.put(name, e.usedVcpuMillis()));
    }

    void serve(Snapshot.Queue queue) {
      for (WaitingJob job : queue.waiting()) {
        Snapshot.Environment place = firstWithRoom(queue, job);
        if (place == null) {
          decisions.add(new Decision.Leave(queue.name(), job.jobId(), why(queue, job)));
          return;
        }
        Snapshot.Slot slot = snapshot.host().slot(job.vcpuMillis(), job.memoryMib());
        usedVcpuMillis += slot.vcpuMillis();
        usedMemoryMib += slot.memoryMib();
        usedByEnvironment.merge(place.name(), (long) job.vcpuMillis(), Long::sum);
        decisions.add(new Decision.Place(queue.name(), job.jobId(), place.name()));
      }
    }

    private Snapshot.Environment firstWithRoom(Snapshot.Queue queue, WaitingJob job) {
      if (!hostHasRoom(job)) {
        return null;
      }
      for (String name : queue.environments()) {
        Snapshot.Environment environment = snapshot.environments().get(name);
        if (environment != null
            && environment.usable()
            && usedByEnvironment.get(name) + job.vcpuMillis() <= environment.maxVcpuMillis()) {
          return environment;
        }
      }
      return null;
    }

    private boolean hostHasRoom(WaitingJob job) {
      Snapshot.Slot slot = snapshot.host().slot(job.vcpuMillis(), job.memoryMib());
      return usedVcpuMillis + slot.vcpuMillis() <= snapshot.host().vcpuMillis()
          && usedMemoryMib + slot.memoryMib() <= snapshot.host().memoryMib();
    }

    private String why(Snapshot.Queue queue, WaitingJob job) {
      List<Snapshot.Environment> usable =
          queue.environments().stream()
              .map(snapshot.environments()::get)
              .filter(e -> e != null && e.usable())
              .toList();
      if (usable.isEmpty()) {
        return INVALID;
      }
      if (usable.stream().allMatch(e -> job.vcpuMillis() > e.maxVcpuMillis())) {
        return MAX_RESOURCE;
      }
      if (!hostHasRoom(job)) {
        Snapshot.Slot slot = snapshot.host().slot(job.vcpuMillis(), job.memoryMib());
        return "Waiting for a place on the host: needs %s vCPU and %d MiB, free are %s of %s vCPU and %d of %d MiB."
            .formatted(
                vcpus(slot.vcpuMillis()),
                slot.memoryMib(),
                vcpus(snapshot.host().vcpuMillis() - usedVcpuMillis),
                vcpus(snapshot.host().vcpuMillis()),
                snapshot.host().memoryMib() - usedMemoryMib,
                snapshot.host().memoryMib());
      }
      StringBuilder text =
          new StringBuilder(
              "Waiting for a place: needs %s vCPU".formatted(vcpus(job.vcpuMillis())));
      for (Snapshot.Environment e : usable) {
        text.append(
            "; compute environment %s has %s of %s vCPU free"
                .formatted(
                    e.name(),
                    vcpus(Math.max(0, e.maxVcpuMillis() - usedByEnvironment.get(e.name()))),
                    vcpus(e.maxVcpuMillis())));
      }
      return text.append('.').toString();
    }

    private static String vcpus(long millis) {
      return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
    }
  }
}
