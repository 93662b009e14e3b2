package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** What can happen to an array. Each may come twice and in any order. */
public sealed interface ArrayEvent {

  /** Tasks it waits for as a whole have ended, true for those that succeeded. */
  record DependenciesEnded(Map<String, Boolean> ended) implements ArrayEvent {}

  /**
   * The payloads were read and a place was found.
   *
   * @param canary how many go first; 0 for all at once
   * @param source SHA-256 of the object with the payloads
   */
  record Planned(int size, int canary, Optional<String> source, ChildPlan plan)
      implements ArrayEvent {}

  /** The canary has ended and a place for the rest was found. */
  record RestPlanned(ChildPlan plan) implements ArrayEvent {}

  /** Children below this index are stored, in the same commit. */
  record Made(int upTo) implements ArrayEvent {}

  /** Children ended, by index. */
  record ChildrenEnded(Map<Integer, ChildEnd> ended) implements ArrayEvent {}

  /** It has to be looked at again, but not before. */
  record Postponed(Instant until) implements ArrayEvent {}

  /** It cannot go on, or its user wants it to stop. */
  record StopAsked(String reason) implements ArrayEvent {}

  /** All that could be done now was done. */
  record Looked() implements ArrayEvent {}
}
