package dev.spillway.handlers.pause;

import io.micronaut.serde.annotation.Serdeable;

/** Both in seconds; {@code waited} is what the clock said. */
@Serdeable
public record PauseResult(double seconds, double waited) {}
