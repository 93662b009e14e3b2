package dev.spillway.dispatch.simulate;

import java.util.Arrays;
import java.util.Optional;

/** When it becomes known how a task went. */
public enum Feedback {
  /** Before the next task is planned. */
  INSTANT("instant"),
  /** When its whole workflow has ended: all tasks of a workflow are planned at once. */
  WORKFLOW("workflow");

  private final String word;

  Feedback(String word) {
    this.word = word;
  }

  /** The word users write. */
  public String word() {
    return word;
  }

  /** Finds it by its word. */
  public static Optional<Feedback> of(String word) {
    return Arrays.stream(values()).filter(f -> f.word.equals(word)).findFirst();
  }
}
