package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.Route;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a task may do: fixed at submit.
 *
 * @param legs the plan's routes in order, at least one
 * @param timeout the user's own limit of one attempt
 */
public record Orders(List<Leg> legs, RetryPolicy retry, Optional<Duration> timeout) {
  public Orders {
    legs = List.copyOf(legs);
  }

  /**
   * One route and what it gives before anything is raised.
   *
   * @param memoryMib MiB
   * @param diskMib MiB
   * @param memory what a raise may ask for; a function has one size and is never asked for another
   * @param risk chance, by the plan, that the route fails the task; 0 when nobody said
   */
  public record Leg(Route route, long memoryMib, long diskMib, MemoryRange memory, double risk) {

    private static final double RISKY = 1 / 8.0;

    /** A route that gives any memory. */
    public Leg(Route route, long memoryMib, long diskMib) {
      this(route, memoryMib, diskMib, MemoryRange.ANY, 0);
    }

    /**
     * True when the plan expects more than one run in eight to fail here. Of what never ran and has
     * no input, less than that is believed to be too long for a function.
     */
    public boolean risky() {
      return risk > RISKY;
    }
  }
}
