package dev.spillway.dispatch.fallback;

import java.util.List;
import java.util.Optional;

/**
 * What becomes of a task whose own code failed. Batch's rules, with the function's error name
 * beside them: conditions of one rule are joined by AND, the first rule that matches decides, none
 * means retry.
 *
 * @param attempts how often the code may fail, 1 to 10; not the number of retries
 */
public record RetryPolicy(int attempts, List<Rule> rules) {
  public RetryPolicy {
    rules = List.copyOf(rules);
  }

  /** The code may fail once. */
  public static final RetryPolicy NONE = new RetryPolicy(1, List.of());

  /** One entry of evaluateOnExit; patterns may end in {@code *}. */
  public record Rule(
      Optional<String> onExitCode,
      Optional<String> onReason,
      Optional<String> onStatusReason,
      Optional<String> onErrorType,
      boolean retry) {

    private boolean matches(Failure failure) {
      return fits(onExitCode, CauseTable.Field.EXIT_CODE.of(failure))
          && fits(onReason, failure.reason())
          && fits(onStatusReason, failure.statusReason())
          && fits(onErrorType, failure.errorType());
    }

    /** As in Batch a bare {@code *} fits what is absent, and nothing else does. */
    private static boolean fits(Optional<String> pattern, Optional<String> seen) {
      return pattern
          .map(p -> p.equals("*") || seen.map(s -> Glob.matches(p, s)).orElse(false))
          .orElse(true);
    }
  }

  /** Whether to run again after the {@code failures}-th failure, counted from 1. */
  boolean again(int failures, Failure failure) {
    return failures < attempts
        && rules.stream()
            .filter(rule -> rule.matches(failure))
            .map(Rule::retry)
            .findFirst()
            .orElse(true);
  }
}
