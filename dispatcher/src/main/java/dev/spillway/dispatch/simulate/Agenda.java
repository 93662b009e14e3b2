package dev.spillway.dispatch.simulate;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;

/** What is to be done when, in virtual time; of one instant, what was put first. */
final class Agenda {
  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(
          Comparator.comparing(Entry::at)
              .thenComparing(Entry::turn)
              .thenComparingLong(Entry::number));
  private long number;

  /** Ends come before what they could spare, and both before new work. */
  enum Turn {
    END,
    WAKE_UP,
    ARRIVAL
  }

  private record Entry(Instant at, Turn turn, long number, Runnable what) {}

  void put(Instant at, Turn turn, Runnable what) {
    entries.add(new Entry(at, turn, number++, what));
  }

  Optional<Instant> next() {
    return Optional.ofNullable(entries.peek()).map(Entry::at);
  }

  /** Does all that is due. */
  void run(Instant now) {
    while (!entries.isEmpty() && !entries.peek().at().isAfter(now)) {
      entries.remove().what().run();
    }
  }
}
