package dev.spillway.dispatch.routing;

import java.util.Arrays;
import java.util.Optional;

/** What a task's user wants least of. */
public enum Objective {
  /** Least expected cost. */
  COST("cost"),
  /** Least expected time until it is done. */
  SPEED("speed"),
  /** Least product of both: ten percent dearer is worth ten percent sooner. */
  BALANCED("balanced");

  private final String word;

  Objective(String word) {
    this.word = word;
  }

  /** The word users write. */
  public String word() {
    return word;
  }

  /** Finds an objective by its word. */
  public static Optional<Objective> of(String word) {
    return Arrays.stream(values()).filter(o -> o.word.equals(word)).findFirst();
  }
}
