package dev.spillway.lambda.async;

import dev.spillway.lambda.function.LambdaException;

/** How many events are stored, and whether one more may be. Thread safe. */
final class Backlog {
  static final long EVENTS_MAX = 100_000;
  static final long BYTES_MAX = 4L << 30;

  private long events;
  private long bytes;

  Backlog(EventStore.Size size) {
    this.events = size.events();
    this.bytes = size.bytes();
  }

  synchronized long events() {
    return events;
  }

  /**
   * Takes room for a new event.
   *
   * @throws LambdaException 429 when there is none
   */
  synchronized void enter(int more) {
    if (events >= EVENTS_MAX || bytes + more > BYTES_MAX) {
      throw new LambdaException(
          "TooManyRequestsException",
          429,
          "Rate Exceeded. "
              + events
              + " events with "
              + bytes
              + " bytes wait; the limits are "
              + EVENTS_MAX
              + " and "
              + BYTES_MAX,
          "CallerRateLimitExceeded");
    }
    grew(more);
  }

  /** One that a destination makes: what led to it was acknowledged, so no limit holds it up. */
  synchronized void grew(int more) {
    events++;
    bytes += more;
  }

  synchronized void left(int less) {
    events--;
    bytes -= less;
  }
}
