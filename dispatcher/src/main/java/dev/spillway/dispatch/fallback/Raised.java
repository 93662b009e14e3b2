package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.Amounts;
import java.util.Optional;

/**
 * Says what a hop asks for after the one before it ran out of memory or disk. It claims no more
 * than was asked: Batch takes a job's memory with the job, and its disk from the instance.
 */
final class Raised {
  private Raised() {}

  /** Goes on after "the same input was sent to ROUTE"; empty when nothing had run out. */
  static String text(Orders orders, Hop before, Hop hop) {
    if (before.cause().equals(Optional.of(Cause.DISK_FULL))) {
      return hop.route().batch()
          ? ", whose disk is that of its instance: Batch takes no other size for one job"
          : ", which has " + Amounts.mib(hop.diskMib()) + " of disk";
    }
    if (!before.cause().equals(Optional.of(Cause.OUT_OF_MEMORY))) {
      return "";
    }
    boolean most =
        !hop.route().batch() || hop.memoryMib() >= orders.legs().get(hop.leg()).memory().mostMib();
    String now = " with " + Amounts.mib(hop.memoryMib()) + " of memory";
    if (hop.memoryMib() > before.memoryMib()) {
      return now
          + " instead of "
          + Amounts.mib(before.memoryMib())
          + (most ? ", the most that it can have there" : "");
    }
    return now + (most ? ": it can have no more there" : ", the most that a raise may ask for");
  }
}
