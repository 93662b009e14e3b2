package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/** Reads {@code deadline: {by, probability}}. */
final class PunctualityRules {
  private static final double USUAL = 0.95;

  private PunctualityRules() {}

  static Optional<Punctuality> read(Members m) {
    if (!m.has("deadline")) {
      return Optional.empty();
    }
    if (!(m.get("deadline") instanceof ObjectNode given)) {
      m.fault("deadline", "is not an object. Give {by, probability}.");
      return Optional.empty();
    }
    given
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!List.of("by", "probability").contains(name)) {
                m.fault("deadline", "has the member " + name + "; it has by and probability.");
              }
            });
    Optional<Punctuality.By> by = by(given.path("by"));
    if (by.isEmpty()) {
      m.fault(
          "deadline",
          "needs by: an instant with offset or Z, for example 2026-11-22T06:00:00+01:00, or a"
              + " duration from the submit, for example PT2H.");
    }
    double probability = given.has("probability") ? given.path("probability").asDouble(0) : USUAL;
    if (!(probability > 0 && probability < 1)) {
      m.fault("deadline", "has a probability that is not over 0 and under 1, for example 0.99.");
      return Optional.empty();
    }
    return by.map(b -> new Punctuality(b, probability));
  }

  private static Optional<Punctuality.By> by(JsonNode node) {
    if (!node.isTextual()) {
      return Optional.empty();
    }
    String text = node.textValue();
    try {
      if (text.startsWith("P")) {
        Duration fromSubmit = Duration.parse(text);
        return fromSubmit.isPositive()
            ? Optional.of(new Punctuality.By.After(fromSubmit))
            : Optional.empty();
      }
      Instant instant = OffsetDateTime.parse(text).toInstant();
      return Optional.of(new Punctuality.By.At(instant));
    } catch (DateTimeParseException | ArithmeticException _) {
      return Optional.empty();
    }
  }
}
