package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Deadline;
import java.time.Duration;
import java.time.Instant;

/**
 * A task's {@code deadline}.
 *
 * @param by an instant, or a time from the submit
 * @param probability that it is done by then; over 0, under 1
 */
public record Punctuality(By by, double probability) {

  /** When. */
  public sealed interface By {
    record At(Instant instant) implements By {}

    record After(Duration fromSubmit) implements By {}
  }

  /** The instant for a task submitted at this one. */
  public Instant due(Instant submitted) {
    return switch (by) {
      case By.At(Instant instant) -> instant;
      case By.After(Duration fromSubmit) -> submitted.plus(fromSubmit);
    };
  }

  /** As the router takes it. */
  Deadline deadline(Instant submitted) {
    return new Deadline(
        Duration.between(submitted, due(submitted)).toMillis() / 1000.0, probability);
  }
}
