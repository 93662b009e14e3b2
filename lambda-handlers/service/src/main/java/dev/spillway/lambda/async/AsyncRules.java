package dev.spillway.lambda.async;

import dev.spillway.lambda.function.EventInvokeConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Decides what becomes of an event when an attempt has ended.
 *
 * <p>Shape: pure. Two counters that do not touch each other: attempts that the function failed, and
 * requeues after a throttle or a fault of the service. Age ends an event before the attempts do.
 * <br>
 * Source: AWS Lambda Developer Guide, asynchronous invocation, error handling.
 *
 * @param retryDelays before the second and the third attempt; the last one holds for any further
 */
record AsyncRules(List<Duration> retryDelays) {
  static final Duration FIRST_REQUEUE = Duration.ofSeconds(1);
  static final Duration LONGEST_REQUEUE = Duration.ofMinutes(5);

  /** How an attempt ended. */
  enum Outcome {
    SUCCEEDED,
    /** The function failed: it threw, ran out of time, crashed. */
    FAILED,
    /** No place, or a fault of the service. */
    NOT_RUN,
    /** Reserved concurrency is 0: nothing of this function runs. */
    SWITCHED_OFF
  }

  sealed interface Decision {
    /** One more attempt. */
    record Again(Instant dueAt, int attempts, int requeues) implements Decision {}

    /** No more. */
    record Ended(String condition) implements Decision {}
  }

  /** Too old to be tried at all. */
  static boolean tooOld(QueuedEvent event, EventInvokeConfig config, Instant now) {
    return now.isAfter(event.receivedAt().plusSeconds(config.ageSeconds()));
  }

  Decision decide(QueuedEvent event, EventInvokeConfig config, Outcome outcome, Instant now) {
    return switch (outcome) {
      case SUCCEEDED -> new Decision.Ended(Ending.SUCCESS);
      case SWITCHED_OFF -> new Decision.Ended("ZeroReservedConcurrency");
      case FAILED ->
          event.attempts() >= config.retries()
              ? new Decision.Ended("RetriesExhausted")
              : again(
                  event,
                  config,
                  now.plus(retryDelay(event.attempts())),
                  event.attempts() + 1,
                  event.requeues());
      case NOT_RUN ->
          again(
              event,
              config,
              now.plus(requeueDelay(event.requeues())),
              event.attempts(),
              event.requeues() + 1);
    };
  }

  private static Decision again(
      QueuedEvent event, EventInvokeConfig config, Instant dueAt, int attempts, int requeues) {
    return tooOld(event, config, dueAt)
        ? new Decision.Ended("EventAgeExceeded")
        : new Decision.Again(dueAt, attempts, requeues);
  }

  private Duration retryDelay(int failedBefore) {
    return retryDelays.get(Math.min(failedBefore, retryDelays.size() - 1));
  }

  /** 1 s, 2 s, 4 s ... 5 min. */
  static Duration requeueDelay(int requeuedBefore) {
    Duration delay = FIRST_REQUEUE.multipliedBy(1L << Math.min(requeuedBefore, 20));
    return delay.compareTo(LONGEST_REQUEUE) > 0 ? LONGEST_REQUEUE : delay;
  }
}
