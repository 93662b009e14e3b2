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
   */
  public record Leg(Route route, long memoryMib, long diskMib, MemoryRange memory) {

    /** A route that gives any memory. */
    public Leg(Route route, long memoryMib, long diskMib) {
      this(route, memoryMib, diskMib, MemoryRange.ANY);
    }
  }
}
