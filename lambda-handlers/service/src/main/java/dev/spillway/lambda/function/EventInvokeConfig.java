package dev.spillway.lambda.function;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What becomes of events of one function, version or alias.
 *
 * <p>Source: AWS Lambda API 2019-09-25, FunctionEventInvokeConfig.
 *
 * @param maximumRetryAttempts 0 to 2; empty means 2
 * @param maximumEventAgeInSeconds 60 to 21,600; empty means 21,600
 * @param onSuccess {@link Destination} of the record of an event that succeeded
 * @param onFailure the same of one that failed for good
 */
public record EventInvokeConfig(
    OptionalInt maximumRetryAttempts,
    OptionalInt maximumEventAgeInSeconds,
    Optional<String> onSuccess,
    Optional<String> onFailure,
    Instant lastModified) {

  public static final int RETRIES_MAX = 2;
  public static final int AGE_SECONDS_MIN = 60;
  public static final int AGE_SECONDS_MAX = 21_600;

  /** Nothing is said: AWS's defaults. */
  public static final EventInvokeConfig DEFAULT =
      new EventInvokeConfig(
          OptionalInt.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          Instant.EPOCH);

  public int retries() {
    return maximumRetryAttempts.orElse(RETRIES_MAX);
  }

  public int ageSeconds() {
    return maximumEventAgeInSeconds.orElse(AGE_SECONDS_MAX);
  }

  public EventInvokeConfig modified(Instant at) {
    return new EventInvokeConfig(
        maximumRetryAttempts, maximumEventAgeInSeconds, onSuccess, onFailure, at);
  }
}
