package dev.spillway.batch.job;

import static dev.spillway.batch.job.RetryRules.Action.EXIT;
import static dev.spillway.batch.job.RetryRules.Action.RETRY;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RetryRulesTest {
  private static final AttemptEnd EXIT_1 = end("Essential container in task exited", null, 1);
  private static final AttemptEnd OOM =
      end(
          "Essential container in task exited",
          "OutOfMemoryError: Container killed due to memory usage",
          137);
  private static final AttemptEnd LOST =
      end("Host EC2 (instance i-0123456789abcdef0) terminated.", null, null);

  private static AttemptEnd end(String statusReason, String reason, Integer exitCode) {
    return new AttemptEnd(
        statusReason,
        Optional.ofNullable(reason),
        exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode),
        Instant.EPOCH);
  }

  private static RetryRules.Rule onExitCode(String pattern, RetryRules.Action action) {
    return new RetryRules.Rule(Optional.empty(), Optional.empty(), Optional.of(pattern), action);
  }

  private static RetryRules.Rule onReason(String pattern, RetryRules.Action action) {
    return new RetryRules.Rule(Optional.empty(), Optional.of(pattern), Optional.empty(), action);
  }

  private static RetryRules.Rule onStatusReason(String pattern, RetryRules.Action action) {
    return new RetryRules.Rule(Optional.of(pattern), Optional.empty(), Optional.empty(), action);
  }

  private static boolean retries(AttemptEnd end, RetryRules.Rule... rules) {
    return new RetryRules(3, List.of(rules)).retries(1, end);
  }

  @Test
  void without_rules_every_failure_is_retried_while_attempts_remain() {
    RetryRules three = new RetryRules(3, List.of());
    assertThat(three.retries(1, EXIT_1)).isTrue();
    assertThat(three.retries(2, EXIT_1)).isTrue();
    assertThat(three.retries(3, EXIT_1)).isFalse();
    assertThat(RetryRules.NONE.retries(1, EXIT_1)).isFalse();
  }

  @Test
  void the_first_matching_rule_decides_and_no_match_means_retry() {
    assertThat(retries(LOST, onStatusReason("Host EC2*", RETRY), onReason("*", EXIT))).isTrue();
    assertThat(retries(EXIT_1, onStatusReason("Host EC2*", RETRY), onReason("*", EXIT))).isFalse();
    assertThat(retries(EXIT_1, onExitCode("2", EXIT))).isTrue();
  }

  @Test
  void conditions_of_one_rule_are_joined_by_and() {
    var rule =
        new RetryRules.Rule(
            Optional.of("Essential*"), Optional.of("OutOfMemory*"), Optional.of("137"), EXIT);
    assertThat(retries(OOM, rule)).isFalse();
    assertThat(retries(EXIT_1, rule)).isTrue();
  }

  @Test
  void a_pattern_is_exact_or_a_prefix_and_letter_case_counts() {
    assertThat(retries(EXIT_1, onExitCode("1", EXIT))).isFalse();
    assertThat(retries(OOM, onExitCode("1", EXIT))).isTrue();
    assertThat(retries(OOM, onExitCode("1*", EXIT))).isFalse();
    assertThat(retries(OOM, onReason("outofmemory*", EXIT))).isTrue();
    assertThat(retries(OOM, onReason("OutOfMemoryError", EXIT))).isTrue();
  }

  @Test
  void a_star_matches_an_absent_reason_but_no_absent_exit_code() {
    assertThat(retries(EXIT_1, onReason("*", EXIT))).isFalse();
    assertThat(retries(LOST, onExitCode("*", EXIT))).isTrue();
    assertThat(retries(EXIT_1, onReason("O*", EXIT))).isTrue();
  }
}
