package dev.spillway.dispatch.simulate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;

/**
 * Functions up to the concurrency; more wait in the order they came. A 429 and its back-off are not
 * simulated: who waits is there at once when a slot is free.
 */
final class FunctionSlots {
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private int free;

  FunctionSlots(OptionalInt concurrency) {
    free = concurrency.orElse(Integer.MAX_VALUE);
  }

  /** Has it started as soon as there is a slot, which may be at once. */
  void ask(Runnable start) {
    if (free > 0) {
      free--;
      start.run();
    } else {
      waiting.add(start);
    }
  }

  /** One has ended. */
  void left() {
    if (waiting.isEmpty()) {
      free++;
    } else {
      waiting.remove().run();
    }
  }
}
