package dev.spillway.batch.store;

import dev.spillway.batch.capacity.Charge;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  static LedgerDay of(Charge charge) {
    Optional<Charge.Attempt> attempt = charge.attempt();
    return new LedgerDay(
        charge.to().atOffset(ZoneOffset.UTC).toLocalDate(),
        attempt.isPresent() ? Kind.ATTEMPT : Kind.INSTANCE,
        charge.computeEnvironment(),
        attempt.map(Charge.Attempt::jobQueue).orElse(""),
        attempt.flatMap(Charge.Attempt::share).orElse(""),
        1,
        charge.lasted().toMillis(),
        charge.nanos());
  }

  /** The same day and place, with nothing paid. */
  LedgerDay empty() {
    return new LedgerDay(day, kind, computeEnvironment, jobQueue, share, 0, 0, 0);
  }

  LedgerDay plus(LedgerDay other) {
    return new LedgerDay(
        day,
        kind,
        computeEnvironment,
        jobQueue,
        share,
        number + other.number,
        millis + other.millis,
        nanos + other.nanos);
  }

  /** The lines of these charges, added up, in the order of the store. */
  public static List<LedgerDay> sum(Iterable<Charge> charges) {
    Map<LedgerDay, LedgerDay> days = new HashMap<>();
    for (Charge charge : charges) {
      LedgerDay line = of(charge);
      days.merge(line.empty(), line, LedgerDay::plus);
    }
    return days.values().stream()
        .sorted(
            Comparator.comparing(LedgerDay::day)
                .thenComparing(d -> d.kind().name())
                .thenComparing(LedgerDay::computeEnvironment)
                .thenComparing(LedgerDay::jobQueue)
                .thenComparing(LedgerDay::share))
        .toList();
  }

  /** What was paid for. */
  public enum Kind {
    ATTEMPT,
    INSTANCE
  }
}
