package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the scheduler may look at.
 *
 * @param queues in the order they are served: highest priority first
 * @param consumables what is there of each consumable resource
 */
public record Snapshot(
    Instant now,
    List<Queue> queues,
    Map<String, Environment> environments,
    Map<String, Consumable> consumables) {

  /**
   * A job queue.
   *
   * @param environments names, in {@code computeEnvironmentOrder}
   * @param lanes one, unless the queue shares its capacity
   * @param limit what its jobs may hold together
   * @param aged the job that has stood at the head for so long that nothing may pass it any more
   */
  public record Queue(
      String name,
      List<String> environments,
      List<Lane> lanes,
      Limit limit,
      Optional<String> aged) {

    /** First come, first. */
    public static Queue fifo(String name, List<String> environments, List<Group> groups) {
      return new Queue(
          name, environments, List.of(new Lane("", 1, 0, 0, groups)), Limit.NONE, Optional.empty());
    }
  }

  /**
   * Those of a queue that have the same share identifier.
   *
   * @param factor the lower, the more it gets
   * @param recentVcpus use of late, on the average
   * @param usedVcpuMillis use now
   * @param groups in the order of their first jobs
   */
  public record Lane(
      String share, double factor, double recentVcpus, long usedVcpuMillis, List<Group> groups) {}

  /**
   * Those of a lane that need the same, for as long.
   *
   * @param timeout after which an attempt ends in any case
   * @param count how many wait
   * @param waiting in their order; read only as far as jobs can be placed, so that a pass does not
   *     cost more for a longer backlog
   */
  public record Group(
      JobSpec.Needs needs, Optional<Duration> timeout, long count, Iterable<WaitingJob> waiting) {}

  /**
   * What is kept free for shares that are not active.
   *
   * @param mostVcpuMillis what the jobs of the queue may hold
   * @param activeShares for the reason
   */
  public record Limit(long mostVcpuMillis, long usedVcpuMillis, int activeShares) {
    public static final Limit NONE = new Limit(Long.MAX_VALUE, 0, 0);
  }

  /**
   * A compute environment.
   *
   * @param usable ENABLED and VALID
   * @param maxVcpuMillis of its jobs together; of its instances, when it has some
   * @param usedVcpuMillis by the jobs placed on it
   * @param fleet empty for Fargate, which has no instances
   * @param backfill jobs may pass a head that waits
   * @param held what runs on it; read only when something may pass
   */
  public record Environment(
      String name,
      boolean usable,
      long maxVcpuMillis,
      long usedVcpuMillis,
      Optional<Fleet> fleet,
      boolean backfill,
      Iterable<Held> held) {

    /** One without instances: a slot for each job, up to {@code maxVcpuMillis}. */
    public static Environment slots(
        String name, boolean usable, long maxVcpuMillis, long usedVcpuMillis) {
      return new Environment(
          name, usable, maxVcpuMillis, usedVcpuMillis, Optional.empty(), false, List.of());
    }

    /** Whether that could ever run on it. */
    boolean couldHold(JobSpec.Needs needs) {
      return fleet
          .map(f -> f.growth().couldHold(needs, f.up()))
          .orElse(!needs.gang() && needs.size().gpus() == 0 && needs.vcpuMillis() <= maxVcpuMillis);
    }
  }

  /**
   * The instances of an environment.
   *
   * @param up those that take jobs, the oldest first
   */
  public record Fleet(List<Instance> up, Growth growth) {}

  /**
   * An instance.
   *
   * @param free of its size
   * @param idle no job is on it
   */
  public record Instance(String id, Size size, Size free, boolean idle) {}

  /**
   * How many instances more there can be.
   *
   * @param coming that were launched and are not up yet
   * @param leftVcpuMillis up to {@code maxvCpus}
   * @param over the last instance may go beyond that
   * @param sizes that can be launched now
   * @param all that can be launched at all
   * @param mostVcpuMillis {@code maxvCpus}
   * @param gangs takes multi-node parallel jobs
   * @param shortOf an instance type that was asked for and could not be had
   */
  public record Growth(
      List<Instance> coming,
      long leftVcpuMillis,
      boolean over,
      List<Size> sizes,
      List<Size> all,
      long mostVcpuMillis,
      boolean gangs,
      Optional<String> shortOf) {

    /** An environment whose instances are as they are. */
    public static final Growth NONE =
        new Growth(List.of(), 0, false, List.of(), List.of(), 0, false, Optional.empty());

    /** Whether an instance that is coming, or that could be launched, would take it. */
    boolean willHold(JobSpec.Needs needs, long idle) {
      Size size = needs.size();
      if (needs.gang()) {
        if (!gangs) {
          return false;
        }
        long there = idle + coming.stream().filter(i -> i.idle() && i.size().holds(size)).count();
        return there >= needs.nodes() || launches(size, needs.nodes() - there, leftVcpuMillis);
      }
      for (Instance instance : coming) {
        if (instance.free().holds(size)) {
          return true;
        }
      }
      return launches(size, 1, leftVcpuMillis);
    }

    /** Whether that many instances of one size that holds it may be launched. */
    private boolean launches(Size size, long count, long left) {
      for (Size offered : sizes) {
        if (offered.holds(size) && fits(offered, count, left)) {
          return true;
        }
      }
      return false;
    }

    private boolean fits(Size offered, long count, long left) {
      return over
          ? left - (count - 1) * offered.vcpuMillis() > 0
          : left >= count * offered.vcpuMillis();
    }

    private boolean couldHold(JobSpec.Needs needs, List<Instance> up) {
      if (needs.gang() && !gangs) {
        return false;
      }
      for (Size offered : all) {
        if (offered.holds(needs.size()) && fits(offered, needs.nodes(), mostVcpuMillis)) {
          return true;
        }
      }
      return up.stream().filter(i -> i.size().holds(needs.size())).limit(needs.nodes()).count()
          == needs.nodes();
    }
  }

  /**
   * An attempt that holds a place.
   *
   * @param instanceId empty where there are no instances
   * @param endsBy its timeout; empty when nothing ends it
   */
  public record Held(String instanceId, Size size, Optional<Instant> endsBy) {}

  /** A consumable resource. */
  public record Consumable(long total, long inUse) {

    long available() {
      return Math.max(0, total - inUse);
    }
  }
}
