package dev.spillway.dispatch.fallback;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All that has happened to a task.
 *
 * @param wakeAt when the step wants to be called again if nothing else happens; stored
 */
public record Journey(TaskState state, List<Hop> hops, Optional<Instant> wakeAt) {
  public Journey {
    hops = List.copyOf(hops);
  }

  /** The hop whose result would count. */
  public Optional<Hop> openHop() {
    return hops.stream().filter(h -> h.status() == Hop.Status.OPEN).findFirst();
  }

  public Optional<Hop> hop(int number) {
    return hops.stream().filter(h -> h.number() == number).findFirst();
  }

  public Optional<Hop> lastHop() {
    return hops.isEmpty() ? Optional.empty() : Optional.of(hops.getLast());
  }

  /** True while its hop was not taken in, and is sent again when the wake-up is due. */
  public boolean waitsToBeSent() {
    return state instanceof TaskState.Runnable
        && wakeAt.isPresent()
        && openHop().map(hop -> hop.jobId().isEmpty()).orElse(false);
  }

  /** Until when its job may stay in its queue; empty when it may stay for ever, or is in none. */
  public Optional<Instant> givenUpAt() {
    return state instanceof TaskState.Runnable
            && openHop().map(hop -> hop.jobId().isPresent()).orElse(false)
        ? wakeAt
        : Optional.empty();
  }

  /** True when a place may hold something of this task. */
  public boolean live() {
    return hops.stream().anyMatch(Hop::live);
  }

  Journey in(TaskState next) {
    return new Journey(next, hops, wakeAt);
  }

  Journey with(Hop changed) {
    List<Hop> all = new ArrayList<>(hops);
    all.set(changed.number() - 1, changed);
    return new Journey(state, all, wakeAt);
  }

  Journey plus(Hop added) {
    List<Hop> all = new ArrayList<>(hops);
    all.add(added);
    return new Journey(state, all, wakeAt);
  }

  Journey wakingAt(Instant at) {
    return new Journey(state, hops, Optional.of(at));
  }

  Journey sleeping() {
    return new Journey(state, hops, Optional.empty());
  }
}
