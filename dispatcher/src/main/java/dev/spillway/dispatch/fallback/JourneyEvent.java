package dev.spillway.dispatch.fallback;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can happen to a task. Each may come twice and in any order. */
public sealed interface JourneyEvent {

  /**
   * Tasks it waits for have ended, or its wake-up to look at them is due.
   *
   * @param ended true for those that succeeded
   */
  record DependenciesEnded(Map<String, Boolean> ended) implements JourneyEvent {}

  /** Its stored wake-up is due. */
  record Due() implements JourneyEvent {}

  /** Its wake-up is due, but something must be known first; the stored one moves. */
  record Postponed(Instant until) implements JourneyEvent {}

  /** A hop was handed over. */
  record HopSent(int hop, Optional<String> jobId) implements JourneyEvent {}

  /** A hop has its place in a pack that is about to be sent; empty when it goes alone after all. */
  record HopPacked(int hop, Optional<Hop.Pack> pack) implements JourneyEvent {}

  /** A hop moved inside its place. */
  record HopMoved(int hop, Phase phase, Optional<String> note) implements JourneyEvent {}

  /** A hop's code ended well. */
  record HopSucceeded(int hop, List<Hop.Attempt> attempts) implements JourneyEvent {}

  /** A hop ended otherwise. */
  record HopFailed(int hop, Failure failure, List<Hop.Attempt> attempts) implements JourneyEvent {}

  /** Nothing runs under this hop's key any more, and no end will come. */
  record HopGone(int hop) implements JourneyEvent {}

  /** The user wants it to stop. */
  record CancelAsked(String reason) implements JourneyEvent {}

  /** Where a hop is inside its place. */
  enum Phase {
    QUEUED,
    STARTING,
    RUNNING
  }
}
