package dev.spillway.dispatch.routing;

/**
 * How busy a place is: a job queue, or a function.
 *
 * @param up true when an instance with room is up, or the function has a place free
 * @param waitSeconds that work sent now waits for a place, beyond any start
 * @param before jobs or calls that wait for a place and are served before it
 * @param free vCPUs, or calls, that could be sent before it without making it wait; negative when
 *     it waits
 * @param most vCPUs, or calls, at once
 */
public record Load(boolean up, double waitSeconds, long before, double free, double most) {
  /** Nothing is known: as if nothing were there. */
  public static final Load UNKNOWN = new Load(false, 0, 0);

  /** Of a place that never fills. */
  public Load(boolean up, double waitSeconds, long before) {
    this(up, waitSeconds, before, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /**
   * What is found after more work was sent there.
   *
   * @param vcpus that the task itself takes, 1 for a call
   * @param runSeconds that each of it takes
   */
  Load after(Ahead.Work work, double vcpus, double runSeconds) {
    double more = work.vcpus() + work.alike() * vcpus;
    if (more == 0) {
      return this;
    }
    double missing = Math.max(0, more - free) - Math.max(0, -free);
    return new Load(
        up,
        waitSeconds + missing * runSeconds / most,
        before + work.others() + work.alike(),
        free - more,
        most);
  }

  /** Of two that both must have room: that in which the wait is longer, or will be sooner. */
  public Load narrower(Load other) {
    boolean mine =
        waitSeconds == other.waitSeconds ? free <= other.free : waitSeconds > other.waitSeconds;
    return mine ? this : other;
  }
}
