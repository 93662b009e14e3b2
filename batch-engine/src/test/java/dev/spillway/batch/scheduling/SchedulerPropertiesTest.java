package dev.spillway.batch.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds of every pass, whatever it was shown. */
class SchedulerPropertiesTest {
  private static final int SNAPSHOTS = 10_000;

  /** Where a job stands. */
  private record Place(Snapshot.Lane lane, Snapshot.Group group, WaitingJob job) {}

  private int byPriority;
  private int byShare;
  private int gangs;

  private static Map<String, Place> places(Snapshot.Queue queue) {
    Map<String, Place> places = new HashMap<>();
    for (Snapshot.Lane lane : queue.lanes()) {
      for (Snapshot.Group group : lane.groups()) {
        group.waiting().forEach(job -> places.put(job.jobId(), new Place(lane, group, job)));
      }
    }
    return places;
  }

  @Test
  void priorities_shares_and_gangs_are_kept() {
    for (long seed = 1; seed <= SNAPSHOTS; seed++) {
      Snapshot snapshot = RandomSnapshots.of(seed);
      List<Decision> decisions = Scheduler.decide(snapshot);
      for (Snapshot.Queue queue : snapshot.queues()) {
        queue(queue, decisions, "seed " + seed);
      }
    }
    assertThat(List.of(byPriority, byShare, gangs)).allMatch(n -> n > 50);
    System.out.printf(
        "scheduler: snapshots %d, placed after all of higher priority %d, from the share that had used least %d, gangs placed whole %d, of any broken 0%n",
        SNAPSHOTS, byPriority, byShare, gangs);
  }

  private void queue(Snapshot.Queue queue, List<Decision> decisions, String seed) {
    Map<String, Place> places = places(queue);
    Map<String, Double> given = new HashMap<>();
    boolean blocked = false;
    for (Decision decision : decisions) {
      if (decision instanceof Decision.Leave leave && leave.jobQueue().equals(queue.name())) {
        blocked = true;
      }
      if (!(decision instanceof Decision.Place place) || !place.jobQueue().equals(queue.name())) {
        continue;
      }
      Place its = places.remove(place.jobId());
      if (its.group().needs().gang()) {
        assertThat(new HashSet<>(place.instances())).as(seed).hasSize(its.group().needs().nodes());
        gangs++;
      }
      if (blocked) {
        continue; // it passes a head: that is another rule
      }
      for (Place other : places.values()) {
        if (other.lane() == its.lane()) {
          assertThat(other.job().before(its.job())).as("%s: %s", seed, other.job()).isFalse();
          byPriority += other.job().priority() < its.job().priority() ? 1 : 0;
        } else {
          assertThat(score(its.lane(), given))
              .as("%s: %s before %s", seed, its.job(), other.job())
              .isLessThanOrEqualTo(score(other.lane(), given));
          byShare++;
        }
      }
      given.merge(its.lane().share(), its.group().needs().vcpuMillis() / 1000.0, Double::sum);
    }
  }

  private static double score(Snapshot.Lane lane, Map<String, Double> given) {
    double now = lane.usedVcpuMillis() / 1000.0 + given.getOrDefault(lane.share(), 0.0);
    return lane.factor() * (lane.recentVcpus() + now);
  }
}
