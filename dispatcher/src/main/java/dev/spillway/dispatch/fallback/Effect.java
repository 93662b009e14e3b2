package dev.spillway.dispatch.fallback;

/**
 * What must be done outside once the journey is on disk. Effects are not stored: after a restart
 * they are worked out again from the journey's live hops.
 */
public sealed interface Effect {

  /** Hand a hop over; harmless when it has been. */
  record StartHop(int hop) implements Effect {}

  /** Stop a hop that was given up. */
  record CancelHop(int hop, String reason) implements Effect {}

  /** The task has ended: tell those that wait for it. */
  record ReleaseDependents(boolean succeeded) implements Effect {}
}
