package dev.spillway.batch.store;

import java.time.LocalDate;

/**
 * What was paid for on one day, UTC, in one place; counted on the day it ended.
 *
 * @param jobQueue empty for instances
 * @param share empty for none
 * @param number of attempts, or of instances
 * @param nanos billionths of a dollar
 */
public record LedgerDay(
    LocalDate day,
    Kind kind,
    String computeEnvironment,
    String jobQueue,
    String share,
    long number,
    long millis,
    long nanos) {

  /** What was paid for. */
  public enum Kind {
    ATTEMPT,
    INSTANCE
  }
}
