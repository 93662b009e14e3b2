package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.prediction.Hints;

/** Says of a workload's hints whether they can be believed. */
public final class HintWords {
  private HintWords() {}

  /** {@code none}, {@code ok}, {@code too low: 120 s given, 402 s seen}. */
  public static String of(Hints hints) {
    if (hints.given() == 0) {
      return "none";
    }
    if (!hints.farOff()) {
      return "ok";
    }
    return (hints.factor() > 1 ? "too low: " : "too high: ")
        + Amounts.plain(hints.lastHint())
        + " given, "
        + Amounts.plain(hints.lastSeen())
        + " seen";
  }
}
