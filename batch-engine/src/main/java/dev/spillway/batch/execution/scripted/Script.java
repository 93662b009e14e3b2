package dev.spillway.batch.execution.scripted;

import java.time.Duration;

/** What an attempt pretends to do. */
public sealed interface Script {

  /** Comes up after {@code startDelay}, runs for {@code runs}, ends with {@code exitCode}. */
  record Exits(Duration startDelay, Duration runs, int exitCode, String reason) implements Script {}

  /** Comes up, and runs until it is stopped. */
  record Hangs(Duration startDelay) implements Script {}

  /** Never comes up. */
  record FailsToStart(Duration startDelay, String reason) implements Script {}

  /** Comes up; its host is gone after {@code runs}. */
  record Vanishes(Duration startDelay, Duration runs) implements Script {}

  /** Runs for {@code runs} and ends well. */
  static Script succeedsAfter(Duration runs) {
    return new Exits(Duration.ZERO, runs, 0, null);
  }

  /** Ends with that exit code at once. */
  static Script exits(int exitCode) {
    return new Exits(Duration.ZERO, Duration.ZERO, exitCode, null);
  }
}
