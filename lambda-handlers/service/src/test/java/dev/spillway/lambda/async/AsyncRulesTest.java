package dev.spillway.lambda.async;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.lambda.async.AsyncRules.Decision;
import dev.spillway.lambda.async.AsyncRules.Decision.Again;
import dev.spillway.lambda.async.AsyncRules.Decision.Ended;
import dev.spillway.lambda.async.AsyncRules.Outcome;
import dev.spillway.lambda.function.EventInvokeConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class AsyncRulesTest {
  private static final Instant RECEIVED = Instant.parse("2026-02-03T04:05:06Z");
  private static final AsyncRules RULES =
      new AsyncRules(List.of(Duration.ofMinutes(1), Duration.ofMinutes(2)));

  @Test
  void a_function_that_fails_is_tried_twice_more_a_minute_and_two_minutes_later() {
    assertThat(decide(0, 0, Outcome.FAILED)).isEqualTo(new Again(at(60), 1, 0));
    assertThat(decide(1, 0, Outcome.FAILED)).isEqualTo(new Again(at(120), 2, 0));
    assertThat(decide(2, 0, Outcome.FAILED)).isEqualTo(new Ended("RetriesExhausted"));
  }

  @Test
  void a_throttle_consumes_no_retry_and_waits_a_second_to_five_minutes() {
    assertThat(decide(1, 0, Outcome.NOT_RUN)).isEqualTo(new Again(at(1), 1, 1));
    assertThat(decide(1, 1, Outcome.NOT_RUN)).isEqualTo(new Again(at(2), 1, 2));
    assertThat(decide(1, 8, Outcome.NOT_RUN)).isEqualTo(new Again(at(256), 1, 9));
    assertThat(decide(1, 9, Outcome.NOT_RUN)).isEqualTo(new Again(at(300), 1, 10));
    assertThat(decide(1, 10_000, Outcome.NOT_RUN)).isEqualTo(new Again(at(300), 1, 10_001));
    assertThat(decide(0, 10, Outcome.FAILED)).isEqualTo(new Again(at(60), 1, 10));
  }

  @Test
  void age_ends_an_event_before_its_attempts_do() {
    EventInvokeConfig minute = config(2, 60);
    assertThat(RULES.decide(event(0, 0), minute, Outcome.FAILED, at(0)))
        .isEqualTo(new Again(at(60), 1, 0));
    assertThat(RULES.decide(event(0, 0), minute, Outcome.FAILED, at(1)))
        .isEqualTo(new Ended("EventAgeExceeded"));
    assertThat(RULES.decide(event(0, 6), minute, Outcome.NOT_RUN, at(10)))
        .isEqualTo(new Ended("EventAgeExceeded"));
    assertThat(AsyncRules.tooOld(event(0, 0), minute, at(60))).isFalse();
    assertThat(AsyncRules.tooOld(event(0, 0), minute, at(61))).isTrue();
  }

  @Test
  void no_retries_means_one_attempt() {
    assertThat(RULES.decide(event(0, 0), config(0, 60), Outcome.FAILED, at(0)))
        .isEqualTo(new Ended("RetriesExhausted"));
  }

  @Test
  void success_and_a_function_that_is_switched_off_end_it() {
    assertThat(decide(0, 0, Outcome.SUCCEEDED)).isEqualTo(new Ended("Success"));
    assertThat(decide(0, 0, Outcome.SWITCHED_OFF)).isEqualTo(new Ended("ZeroReservedConcurrency"));
  }

  private static Decision decide(int attempts, int requeues, Outcome outcome) {
    return RULES.decide(event(attempts, requeues), EventInvokeConfig.DEFAULT, outcome, at(0));
  }

  private static Instant at(long seconds) {
    return RECEIVED.plusSeconds(seconds);
  }

  private static EventInvokeConfig config(int retries, int age) {
    return new EventInvokeConfig(
        OptionalInt.of(retries),
        OptionalInt.of(age),
        Optional.empty(),
        Optional.empty(),
        Instant.EPOCH);
  }

  private static QueuedEvent event(int attempts, int requeues) {
    return new QueuedEvent(
        1, "r", "f", "$LATEST", new byte[0], RECEIVED, attempts, requeues, 0, Optional.empty());
  }
}
