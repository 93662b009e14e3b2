package dev.spillway.batch.engine;

import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who waits in one queue, by share identifier: the higher scheduling priority first, then in their
 * order. A job without a share stands in the lane {@code ""}, where priority does not count.
 */
final class Backlog {
  private final Map<String, TreeMap<Place, String>> lanes = new TreeMap<>();

  private record Place(int priority, long order, String jobId) implements Comparable<Place> {
    static Place of(Job job) {
      JobSpec.Share share = job.spec().share();
      int priority = share.identifier().isPresent() ? share.schedulingPriority() : 0;
      return new Place(priority, job.order(), job.id());
    }

    @Override
    public int compareTo(Place other) {
      int byPriority = Integer.compare(other.priority, priority);
      if (byPriority != 0) {
        return byPriority;
      }
      int byOrder = Long.compare(order, other.order);
      return byOrder != 0 ? byOrder : jobId.compareTo(other.jobId);
    }
  }

  static String share(JobSpec spec) {
    return spec.share().identifier().orElse("");
  }

  void add(Job job) {
    lanes.computeIfAbsent(share(job.spec()), _ -> new TreeMap<>()).put(Place.of(job), job.id());
  }

  void remove(Job job) {
    lanes.computeIfPresent(
        share(job.spec()),
        (_, jobs) -> {
          jobs.remove(Place.of(job));
          return jobs.isEmpty() ? null : jobs;
        });
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /** Share identifiers of those that wait. */
  Set<String> shares() {
    return lanes.keySet();
  }

  /** Ids of those that wait in a lane, in their order. */
  Collection<String> lane(String share) {
    return lanes.getOrDefault(share, new TreeMap<>()).values();
  }
}
