package dev.spillway.batch.job;

import java.util.List;
import java.util.Optional;

/**
 * Decides whether a failed attempt is run again.
 *
 * <p>Shape: pure; conditions inside a rule are joined by AND, the first matching rule wins, no
 * match means retry. <br>
 * Units: {@code attempts} is the total (1 to 10), not the number of retries. <br>
 * Errors: none; a bad pattern is refused when the job definition is registered. <br>
 * Source: AWS Batch API 2016-08-10, RetryStrategy, EvaluateOnExit. Letter case counts. A bare
 * {@code *} matches an absent reason, but never an absent exit code.
 */
public record RetryRules(int attempts, List<Rule> evaluateOnExit) {

  /** One attempt, no rules: what a job has that asks for nothing. */
  public static final RetryRules NONE = new RetryRules(1, List.of());

  /** What a matching rule does. */
  public enum Action {
    RETRY,
    EXIT
  }

  /**
   * One entry of {@code evaluateOnExit}; a {@code *} at the end of a pattern means "begins with".
   */
  public record Rule(
      Optional<String> onStatusReason,
      Optional<String> onReason,
      Optional<String> onExitCode,
      Action action) {

    boolean matches(AttemptEnd end) {
      Optional<String> exitCode =
          end.exitCode().isPresent()
              ? Optional.of(Integer.toString(end.exitCode().getAsInt()))
              : Optional.empty();
      return onStatusReason.map(p -> matches(p, Optional.of(end.statusReason()), true)).orElse(true)
          && onReason.map(p -> matches(p, end.reason(), true)).orElse(true)
          && onExitCode.map(p -> matches(p, exitCode, false)).orElse(true);
    }

    private static boolean matches(
        String pattern, Optional<String> value, boolean starMatchesNone) {
      if (value.isEmpty()) {
        return starMatchesNone && pattern.equals("*");
      }
      return pattern.endsWith("*")
          ? value.get().startsWith(pattern.substring(0, pattern.length() - 1))
          : value.get().equals(pattern);
    }
  }

  /** True when an attempt, the {@code attempt}-th, that ended so is followed by another. */
  boolean retries(int attempt, AttemptEnd end) {
    if (attempt >= attempts) {
      return false;
    }
    for (Rule rule : evaluateOnExit) {
      if (rule.matches(end)) {
        return rule.action() == Action.RETRY;
      }
    }
    return true;
  }
}
