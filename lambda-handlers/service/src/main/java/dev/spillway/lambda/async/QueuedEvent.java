package dev.spillway.lambda.async;

import java.time.Instant;
import java.util.Optional;

/**
 * An event on its way.
 *
 * @param qualifier as it was invoked; {@code $LATEST} without one
 * @param attempts those that the function failed
 * @param requeues those that found no place, or no service
 * @param hops how many destinations it came through
 * @param ending what came of it, when only destinations have to be told
 */
public record QueuedEvent(
    long seq,
    String requestId,
    String functionName,
    String qualifier,
    byte[] payload,
    Instant receivedAt,
    int attempts,
    int requeues,
    int hops,
    Optional<Ending> ending) {

  /** Two events are one when they are one row. */
  @Override
  public boolean equals(Object other) {
    return other instanceof QueuedEvent event && event.seq == seq;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(seq);
  }

  /** The name with the qualifier, as it is invoked. */
  String invoked() {
    return functionName + ":" + qualifier;
  }

  /** A new one. */
  public static QueuedEvent received(
      String requestId,
      String functionName,
      String qualifier,
      byte[] payload,
      Instant at,
      int hops) {
    return new QueuedEvent(
        0, requestId, functionName, qualifier, payload, at, 0, 0, hops, Optional.empty());
  }
}
