package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules written down again as plainly as can be: for each job to place, everything is added up
 * anew from the snapshot and what was placed before. Shares nothing with the real one but records.
 */
final class NaiveScheduler {
  private final Snapshot snapshot;
  private final List<Placed> placed = new ArrayList<>();
  private final List<String> decisions = new ArrayList<>();

  private record Placed(String queue, String share, JobSpec.Needs needs, String environment) {}

  private NaiveScheduler(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  /** Decisions as {@link #brief} writes them. */
  static List<String> decide(Snapshot snapshot) {
    var naive = new NaiveScheduler(snapshot);
    snapshot.queues().forEach(naive::serve);
    return naive.decisions;
  }

  static String brief(Decision decision) {
    return switch (decision) {
      case Decision.Place(String queue, String job, String environment) ->
          queue + ": " + job + " on " + environment;
      case Decision.Leave(String queue, String job, _, _) -> queue + ": " + job + " waits";
    };
  }

  private void serve(Snapshot.Queue queue) {
    List<List<WaitingJob>> left = new ArrayList<>();
    for (Snapshot.Lane lane : queue.lanes()) {
      List<WaitingJob> jobs = new ArrayList<>();
      lane.waiting().forEach(jobs::add);
      left.add(jobs);
    }
    while (true) {
      int next = next(queue, left);
      if (next < 0) {
        return;
      }
      WaitingJob job = left.get(next).removeFirst();
      String environment = environment(queue, job.needs());
      if (environment == null) {
        decisions.add(queue.name() + ": " + job.jobId() + " waits");
        return;
      }
      decisions.add(queue.name() + ": " + job.jobId() + " on " + environment);
      placed.add(
          new Placed(queue.name(), queue.lanes().get(next).share(), job.needs(), environment));
    }
  }

  private int next(Snapshot.Queue queue, List<List<WaitingJob>> left) {
    int best = -1;
    double least = 0;
    for (int i = 0; i < left.size(); i++) {
      if (left.get(i).isEmpty()) {
        continue;
      }
      Snapshot.Lane lane = queue.lanes().get(i);
      double vcpus = lane.usedVcpuMillis() / 1000.0;
      for (Placed p : placed) {
        if (p.queue().equals(queue.name()) && p.share().equals(lane.share())) {
          vcpus += p.needs().vcpuMillis() / 1000.0;
        }
      }
      double score = lane.factor() * (lane.recentVcpus() + vcpus);
      boolean first = best < 0 || score < least;
      boolean tie =
          best >= 0
              && score == least
              && lane.share().compareTo(queue.lanes().get(best).share()) < 0;
      if (first || tie) {
        best = i;
        least = score;
      }
    }
    return best;
  }

  private String environment(Snapshot.Queue queue, JobSpec.Needs needs) {
    long held = queue.limit().usedVcpuMillis();
    long hostVcpus = snapshot.host().usedVcpuMillis();
    long hostMemory = snapshot.host().usedMemoryMib();
    for (Placed p : placed) {
      held += p.queue().equals(queue.name()) ? p.needs().vcpuMillis() : 0;
      hostVcpus += Math.min(p.needs().vcpuMillis(), snapshot.host().vcpuMillis());
      hostMemory += Math.min(p.needs().memoryMib(), snapshot.host().memoryMib());
    }
    if (held > 0 && held + needs.vcpuMillis() > queue.limit().mostVcpuMillis()) {
      return null;
    }
    if (hostVcpus + Math.min(needs.vcpuMillis(), snapshot.host().vcpuMillis())
            > snapshot.host().vcpuMillis()
        || hostMemory + Math.min(needs.memoryMib(), snapshot.host().memoryMib())
            > snapshot.host().memoryMib()) {
      return null;
    }
    for (ConsumableNeed need : needs.consumables()) {
      Snapshot.Consumable there = snapshot.consumables().get(need.consumableResource());
      long free = there == null ? 0 : Math.max(0, there.total() - there.inUse());
      for (Placed p : placed) {
        for (ConsumableNeed taken : p.needs().consumables()) {
          free -=
              taken.consumableResource().equals(need.consumableResource()) ? taken.quantity() : 0;
        }
      }
      if (need.quantity() > free) {
        return null;
      }
    }
    for (String name : queue.environments()) {
      Snapshot.Environment environment = snapshot.environments().get(name);
      if (environment == null || !environment.usable()) {
        continue;
      }
      long used = environment.usedVcpuMillis();
      for (Placed p : placed) {
        used += p.environment().equals(name) ? p.needs().vcpuMillis() : 0;
      }
      if (used + needs.vcpuMillis() <= environment.maxVcpuMillis()) {
        return name;
      }
    }
    return null;
  }
}
