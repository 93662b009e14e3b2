package dev.spillway.handlers.pause;

import dev.spillway.handlers.workload.InvalidPayloadException;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.serde.annotation.Serdeable;

/**
 * How long to wait.
 *
 * @param seconds 0 to 86,400; parts of a second are allowed
 */
@Serdeable
public record PauseRequest(@Nullable Double seconds) {
  public PauseRequest {
    if (seconds == null || !(seconds >= 0 && seconds <= 86_400)) {
      throw new InvalidPayloadException(
          "seconds is " + seconds + "; give a number from 0 to 86400, for example 10");
    }
  }
}
