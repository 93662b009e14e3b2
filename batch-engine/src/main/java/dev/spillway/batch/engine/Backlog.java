package dev.spillway.batch.engine;

import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.scheduling.Snapshot;
import dev.spillway.batch.scheduling.WaitingJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Who waits in one queue: by share identifier, and there by what they need and for how long at
 * most. Within such a group the higher scheduling priority is first, then their order. A job
 * without a share stands in the lane {@code ""}, where priority does not count.
 */
final class Backlog {
  private final Map<String, Map<Shape, Group>> lanes = new TreeMap<>();

  private record Shape(JobSpec.Needs needs, Optional<Duration> timeout) {
    @Override
    public int hashCode() {
      return needs.hashCode() * 31 + (timeout.isPresent() ? (int) timeout.get().toSeconds() : 0);
    }

    static Shape of(Job job) {
      return new Shape(job.spec().needs(), job.spec().timeout());
    }
  }

  /** Those of one shape. An array counts with each child that may start. */
  private static final class Group {
    private final Shape shape;
    private final TreeMap<Place, Job> jobs = new TreeMap<>();
    private long count;

    Group(Shape shape) {
      this.shape = shape;
    }

    void put(Job job) {
      Job before = jobs.put(Place.of(job), job);
      count += waiting(job) - (before == null ? 0 : waiting(before));
    }

    void remove(Job job) {
      Job before = jobs.remove(Place.of(job));
      if (before != null) {
        count -= waiting(before);
      }
    }

    Snapshot.Group seen() {
      return new Snapshot.Group(shape.needs(), shape.timeout(), count, this::iterator);
    }

    private Iterator<WaitingJob> iterator() {
      return new Iterator<>() {
        private final Iterator<Job> left = jobs.values().iterator();
        private Iterator<WaitingJob> array;

        @Override
        public boolean hasNext() {
          return (array != null && array.hasNext()) || left.hasNext();
        }

        @Override
        public WaitingJob next() {
          if (array != null && array.hasNext()) {
            return array.next();
          }
          Job job = left.next();
          if (job.state() instanceof JobState.Runnable runnable) {
            return new WaitingJob(job.id(), Place.priority(job), job.order(), runnable.since());
          }
          array = children(job).iterator();
          return array.next();
        }
      };
    }

    private static Stream<WaitingJob> children(Job job) {
      ArrayChildren children = job.children().orElseThrow();
      return IntStream.iterate(
              children.nextRunnable(0), i -> i >= 0, i -> children.nextRunnable(i + 1))
          .mapToObj(
              i ->
                  new WaitingJob(
                      new ChildId(job.id(), i).toString(),
                      Place.priority(job),
                      job.order(),
                      children.movedAt()));
    }

    private static long waiting(Job job) {
      return job.state() instanceof JobState.Runnable
          ? 1
          : job.children().orElseThrow().count(ChildStatus.RUNNABLE);
    }
  }

  private record Place(int priority, long order, String jobId) implements Comparable<Place> {
    static Place of(Job job) {
      return new Place(priority(job), job.order(), job.id());
    }

    static int priority(Job job) {
      JobSpec.Share share = job.spec().share();
      return share.identifier().isPresent() ? share.schedulingPriority() : 0;
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

  /** Puts it in, or what has become of it. */
  void put(Job job) {
    lanes
        .computeIfAbsent(share(job.spec()), _ -> new HashMap<>())
        .computeIfAbsent(Shape.of(job), Group::new)
        .put(job);
  }

  void remove(Job job) {
    lanes.computeIfPresent(
        share(job.spec()),
        (_, groups) -> {
          groups.computeIfPresent(
              Shape.of(job),
              (_, group) -> {
                group.remove(job);
                return group.jobs.isEmpty() ? null : group;
              });
          return groups.isEmpty() ? null : groups;
        });
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /** Share identifiers of those that wait. */
  Set<String> shares() {
    return lanes.keySet();
  }

  /** Those that wait in a lane. */
  List<Snapshot.Group> lane(String share) {
    Map<Shape, Group> groups = lanes.get(share);
    if (groups == null) {
      return List.of();
    }
    return inOrder(new ArrayList<>(groups.values()));
  }

  /** What waits of each shape in all lanes, the one that came first first. */
  List<Snapshot.Group> groups() {
    List<Group> all = new ArrayList<>();
    lanes.values().forEach(groups -> all.addAll(groups.values()));
    return inOrder(all);
  }

  private static List<Snapshot.Group> inOrder(List<Group> groups) {
    if (groups.size() > 1) {
      groups.sort((a, b) -> a.jobs.firstKey().compareTo(b.jobs.firstKey()));
    }
    List<Snapshot.Group> seen = new ArrayList<>(groups.size());
    groups.forEach(group -> seen.add(group.seen()));
    return seen;
  }
}
