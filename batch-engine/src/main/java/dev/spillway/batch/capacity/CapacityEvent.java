package dev.spillway.batch.capacity;

import java.time.Instant;

/** What a provider saw of an instance. */
public sealed interface CapacityEvent {

  String instanceId();

  Instant at();

  /** It takes jobs. */
  record Up(String instanceId, Instant at) implements CapacityEvent {}

  /**
   * None of its type is to be had now.
   *
   * @param reason in AWS's words
   */
  record NoCapacity(String instanceId, String reason, Instant at) implements CapacityEvent {}

  /**
   * None will come for what the environment says, however often it is asked for.
   *
   * @param reason in AWS's words: why the environment is INVALID
   */
  record Rejected(String instanceId, String reason, Instant at) implements CapacityEvent {}

  /** It was there and is no more. */
  record Gone(String instanceId, Instant at) implements CapacityEvent {}

  /** A registered host that did not answer for some time. */
  record Unreachable(String instanceId, Instant at) implements CapacityEvent {}
}
