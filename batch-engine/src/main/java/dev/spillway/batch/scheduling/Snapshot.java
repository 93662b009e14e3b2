package dev.spillway.batch.scheduling;

import java.util.List;
import java.util.Map;

/**
 * What the scheduler may look at.
 *
 * @param queues in the order they are served: highest priority first
 * @param consumables what is there of each consumable resource
 */
public record Snapshot(
    List<Queue> queues,
    Map<String, Environment> environments,
    Map<String, Consumable> consumables,
    Host host) {

  /**
   * A job queue.
   *
   * @param environments names, in {@code computeEnvironmentOrder}
   * @param lanes one, unless the queue shares its capacity
   * @param limit what its jobs may hold together
   */
  public record Queue(String name, List<String> environments, List<Lane> lanes, Limit limit) {

    /** First come, first. */
    public static Queue fifo(String name, List<String> environments, Iterable<WaitingJob> waiting) {
      return new Queue(name, environments, List.of(new Lane("", 1, 0, 0, waiting)), Limit.NONE);
    }
  }

  /**
   * Those of a queue that have the same share identifier.
   *
   * @param factor the lower, the more it gets
   * @param recentVcpus use of late, on the average
   * @param usedVcpuMillis use now
   * @param waiting in their order; read only as far as jobs can be placed, so that a pass does not
   *     cost more for a longer backlog
   */
  public record Lane(
      String share,
      double factor,
      double recentVcpus,
      long usedVcpuMillis,
      Iterable<WaitingJob> waiting) {}

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
   * @param usedVcpuMillis by the jobs placed on it
   */
  public record Environment(String name, boolean usable, long maxVcpuMillis, long usedVcpuMillis) {}

  /** A consumable resource. */
  public record Consumable(long total, long inUse) {

    long available() {
      return Math.max(0, total - inUse);
    }
  }

  /** The machine that backs every environment, and what its slots hold by now. */
  public record Host(long vcpuMillis, long memoryMib, long usedVcpuMillis, long usedMemoryMib) {

    /** What a job takes of this host: a larger job gets all of it, and runs alone. */
    public Slot slot(int vcpuMillis, int memoryMib) {
      return new Slot(Math.min(vcpuMillis, this.vcpuMillis), Math.min(memoryMib, this.memoryMib));
    }
  }

  /** A piece of the host. */
  public record Slot(long vcpuMillis, long memoryMib) {}
}
