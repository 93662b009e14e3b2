package dev.spillway.dispatch.aws;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * One circuit breaker for each place of a kind: each function, each job queue.
 *
 * <p>Shape: a call first asks {@link #refusal}; let through, it must report exactly once how it
 * went. Only a service that broke or was not reached counts as a failure; what the code did, and
 * what the service refused with a 4xx, says nothing about the place. <br>
 * Units: of the last 10 calls at least 5 must be known, and half of them have failed.
 */
public final class Circuits {
  /** The error type of a start that an open circuit did not let through. */
  public static final String OPEN = "CircuitOpenException";

  private static final int WINDOW = 10;
  private static final int LEAST_CALLS = 5;
  private static final float FAILED_PERCENT = 50;
  private static final int TRIALS = 2;

  private final String kind;
  private final Duration openFor;
  private final InstantSource clock;
  private final CircuitBreakerRegistry breakers;
  private final Map<String, Instant> openedAt = new ConcurrentHashMap<>();

  /**
   * Circuits of one kind of place.
   *
   * @param kind how people call such a place, {@code Function}
   * @param openFor how long an open circuit lets nothing through
   */
  public Circuits(String kind, Duration openFor, InstantSource clock) {
    this.kind = kind;
    this.openFor = openFor;
    this.clock = clock;
    this.breakers =
        CircuitBreakerRegistry.of(
            CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(WINDOW)
                .minimumNumberOfCalls(LEAST_CALLS)
                .failureRateThreshold(FAILED_PERCENT)
                .permittedNumberOfCallsInHalfOpenState(TRIALS)
                .waitDurationInOpenState(openFor)
                .clock(clock.withZone(ZoneOffset.UTC))
                .build());
    breakers.getEventPublisher().onEntryAdded(added -> watch(added.getAddedEntry()));
  }

  private void watch(CircuitBreaker breaker) {
    breaker
        .getEventPublisher()
        .onStateTransition(
            event -> {
              if (event.getStateTransition().getToState() == CircuitBreaker.State.OPEN) {
                openedAt.put(breaker.getName(), clock.instant());
              }
            });
  }

  /** Empty lets the call through; else a sentence with the place, what was seen, until when. */
  Optional<String> refusal(String place) {
    CircuitBreaker breaker = breakers.circuitBreaker(place);
    if (breaker.tryAcquirePermission()) {
      return Optional.empty();
    }
    CircuitBreaker.Metrics seen = breaker.getMetrics();
    if (breaker.getState() == CircuitBreaker.State.HALF_OPEN) {
      return Optional.of(
          "%s %s failed before and is being tried again by %d calls; nothing more is sent to it until they end."
              .formatted(kind, place, TRIALS));
    }
    Instant again = openedAt.getOrDefault(place, clock.instant()).plus(openFor);
    return Optional.of(
        "%s %s is left alone: of its last %d calls %d failed or were not answered. It is tried again at %s."
            .formatted(
                kind,
                place,
                seen.getNumberOfBufferedCalls(),
                seen.getNumberOfFailedCalls(),
                again.truncatedTo(ChronoUnit.SECONDS)));
  }

  /** A call that was let through went well, as far as the place is concerned. */
  void succeeded(String place) {
    breakers.circuitBreaker(place).onSuccess(0, TimeUnit.NANOSECONDS);
  }

  /** The place broke or was not reached. */
  void failed(String place) {
    breakers
        .circuitBreaker(place)
        .onError(0, TimeUnit.NANOSECONDS, new IllegalStateException("the place failed"));
  }

  /** The call says nothing about the place. */
  void unknown(String place) {
    breakers.circuitBreaker(place).releasePermission();
  }

  /** A service's refusal: 5xx is the place's failure, 4xx says nothing about it. */
  void refused(String place, int status) {
    if (status >= 500) {
      failed(place);
    } else {
      unknown(place);
    }
  }
}
