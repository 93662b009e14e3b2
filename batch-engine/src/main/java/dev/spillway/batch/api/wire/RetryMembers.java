package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.job.RetryRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Checks {@code retryStrategy} and {@code timeout}, and reads what was checked. */
public final class RetryMembers {
  private static final List<String> CONDITIONS =
      List.of("onStatusReason", "onReason", "onExitCode");

  private RetryMembers() {}

  /**
   * The checked {@code retryStrategy} as AWS answers it: {@code evaluateOnExit} present, actions in
   * lower case. Empty when the request has none.
   */
  public static Optional<ObjectNode> retryStrategy(Members request) {
    return request
        .anyObject("retryStrategy")
        .map(
            strategy -> {
              List<Members> rules = strategy.anyObjects("evaluateOnExit");
              int attempts =
                  strategy
                      .integer("attempts")
                      .orElseThrow(
                          () ->
                              PrefixedRefusal.of(
                                  "RetryAttempts must be provided with retry strategy."));
              if (attempts < 1 || attempts > 10) {
                throw PrefixedRefusal.of(
                    "retryStrategy.attempts is %d; it should be between 1 and 10."
                        .formatted(attempts));
              }
              if (rules.size() > 5) {
                throw PrefixedRefusal.of("Up to 5 evaluateOnExit condition can be specified.");
              }
              ObjectNode answer = Json.object().put("attempts", attempts);
              ArrayNode list = answer.putArray("evaluateOnExit");
              rules.forEach(rule -> list.add(rule(rule)));
              return answer;
            });
  }

  private static ObjectNode rule(Members rule) {
    String action = rule.requiredText("action").toLowerCase(Locale.ROOT);
    if (!action.equals("retry") && !action.equals("exit")) {
      throw PrefixedRefusal.of(
          "%s is %s; valid are [RETRY, EXIT].".formatted(rule.path("action"), action));
    }
    ObjectNode answer = Json.object();
    for (String condition : CONDITIONS) {
      rule.text(condition)
          .filter(pattern -> !pattern.isEmpty())
          .ifPresent(
              pattern -> {
                check(condition, pattern);
                answer.put(condition, pattern);
              });
    }
    if (answer.isEmpty()) {
      throw PrefixedRefusal.of(
          "EvaluateOnExit should contain at least one of onExitCode, onReason or onStatusReason");
    }
    return answer.put("action", action);
  }

  private static void check(String condition, String pattern) {
    if (pattern.length() > 512) {
      throw PrefixedRefusal.of("Evaluate on exit condition cannot exceed 512 characters.");
    }
    // Real patterns hold more than the model's text says: parentheses and dashes of ECS reasons.
    String allowed =
        condition.equals("onExitCode") ? "([0-9]+\\*?|\\*)" : "[a-zA-Z0-9.:,'()/_\\s-]*\\*?";
    if (!pattern.matches(allowed)) {
      throw BatchApiException.client("Evaluate on exit condition contains restricted characters.");
    }
  }

  /** Rules of a checked strategy. */
  public static RetryRules rules(JsonNode strategy) {
    if (strategy == null || strategy.isMissingNode()) {
      return RetryRules.NONE;
    }
    List<RetryRules.Rule> rules = new ArrayList<>();
    for (JsonNode rule : strategy.path("evaluateOnExit")) {
      rules.add(
          new RetryRules.Rule(
              text(rule, "onStatusReason"),
              text(rule, "onReason"),
              text(rule, "onExitCode"),
              RetryRules.Action.valueOf(rule.get("action").textValue().toUpperCase(Locale.ROOT))));
    }
    return new RetryRules(strategy.get("attempts").intValue(), List.copyOf(rules));
  }

  private static Optional<String> text(JsonNode node, String member) {
    return Optional.ofNullable(node.get(member)).map(JsonNode::textValue);
  }

  /** The checked {@code timeout}; empty when the request names no time. */
  static Optional<ObjectNode> timeout(Members request) {
    return request
        .anyObject("timeout")
        .filter(timeout -> timeout.has("attemptDurationSeconds"))
        .map(
            timeout -> {
              if (timeout.integer("attemptDurationSeconds").orElseThrow() < 60) {
                throw PrefixedRefusal.of("attemptDurationSeconds must be at least 60.");
              }
              return timeout.json();
            });
  }
}
