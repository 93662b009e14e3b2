package dev.spillway.batch.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that a test moves. */
public final class VirtualClock implements InstantSource {
  private volatile Instant now;

  public VirtualClock(Instant start) {
    now = start;
  }

  @Override
  public Instant instant() {
    return now;
  }

  public void advance(Duration by) {
    now = now.plus(by);
  }

  /** Moves on to {@code instant}; never back. */
  public void advanceTo(Instant instant) {
    if (instant.isAfter(now)) {
      now = instant;
    }
  }
}
