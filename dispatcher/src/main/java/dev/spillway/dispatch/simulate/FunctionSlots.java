package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.QueueState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Functions up to the concurrency; more wait in the order they came. A 429 and its back-off are not
 * simulated: who waits is there at once when a slot is free.
 */
final class FunctionSlots {
  /** What the newest call counts in the mean. */
  private static final double NEWEST = 0.1;

  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private final OptionalInt concurrency;
  private int running;
  private double meanSeconds = Double.NaN;

  FunctionSlots(OptionalInt concurrency) {
    this.concurrency = concurrency;
  }

  /** Has it started as soon as there is a slot, which may be at once. */
  void ask(Runnable start) {
    if (running < concurrency.orElse(Integer.MAX_VALUE)) {
      running++;
      start.run();
    } else {
      waiting.add(start);
    }
  }

  /** One has ended that had its slot for so long. */
  void left(double seconds) {
    meanSeconds =
        Double.isNaN(meanSeconds) ? seconds : meanSeconds + NEWEST * (seconds - meanSeconds);
    if (waiting.isEmpty()) {
      running--;
    } else {
      waiting.remove().run();
    }
  }

  /** What one more would find. */
  Load load() {
    if (concurrency.isEmpty()) {
      return Load.UNKNOWN;
    }
    int most = concurrency.getAsInt();
    OptionalDouble mean =
        Double.isNaN(meanSeconds) ? OptionalDouble.empty() : OptionalDouble.of(meanSeconds);
    return new QueueState(
            most, most, running, waiting.size(), waiting.size(), mean, OptionalDouble.empty())
        .load();
  }
}
