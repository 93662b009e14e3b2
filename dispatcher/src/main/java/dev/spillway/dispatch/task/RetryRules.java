package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.RetryPolicy;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads {@code retryStrategy}: Batch's, with {@code onErrorType} beside its own conditions. */
final class RetryRules {
  private static final Pattern CODE = Pattern.compile("\\d{1,10}\\*?|\\*");
  private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9.:\\s]{0,512}\\*?");
  private static final Pattern ERROR_TYPE = Pattern.compile("[A-Za-z0-9.$_]{0,512}\\*?");
  private static final List<String> MEMBERS =
      List.of("onExitCode", "onReason", "onStatusReason", "onErrorType", "action");

  private RetryRules() {}

  static RetryPolicy read(Members m) {
    JsonNode node = m.get("retryStrategy");
    if (!(node instanceof ObjectNode strategy)) {
      m.fault("retryStrategy", "is not an object with attempts.");
      return RetryPolicy.NONE;
    }
    for (Map.Entry<String, JsonNode> member : strategy.properties()) {
      if (!member.getKey().equals("attempts") && !member.getKey().equals("evaluateOnExit")) {
        m.fault("retryStrategy", "has the unknown member \"" + member.getKey() + "\".");
      }
    }
    JsonNode attempts = strategy.path("attempts");
    if (!attempts.isInt() || attempts.intValue() < 1 || attempts.intValue() > 10) {
      m.fault("retryStrategy", "needs attempts, 1 to 10.");
      return RetryPolicy.NONE;
    }
    JsonNode rules = strategy.path("evaluateOnExit");
    if (!rules.isMissingNode() && (!rules.isArray() || rules.size() > 5)) {
      m.fault("retryStrategy", "takes up to 5 entries in the list evaluateOnExit.");
      return RetryPolicy.NONE;
    }
    List<RetryPolicy.Rule> read =
        java.util.stream.StreamSupport.stream(rules.spliterator(), false)
            .map(rule -> rule(m, rule))
            .flatMap(Optional::stream)
            .toList();
    return new RetryPolicy(attempts.intValue(), read);
  }

  private static Optional<RetryPolicy.Rule> rule(Members m, JsonNode rule) {
    String action = rule.path("action").asText("").toUpperCase(Locale.ROOT);
    boolean known =
        rule.isObject()
            && rule.size() >= 2
            && rule.properties().stream().allMatch(e -> MEMBERS.contains(e.getKey()))
            && (action.equals("RETRY") || action.equals("EXIT"));
    if (!known) {
      m.fault(
          "retryStrategy",
          "has an evaluateOnExit entry that is not action (RETRY or EXIT) with at least one of"
              + " onExitCode, onReason, onStatusReason, onErrorType.");
      return Optional.empty();
    }
    if (!fits(rule, "onExitCode", CODE)
        || !fits(rule, "onReason", TEXT)
        || !fits(rule, "onStatusReason", TEXT)
        || !fits(rule, "onErrorType", ERROR_TYPE)) {
      m.fault(
          "retryStrategy",
          "has an evaluateOnExit pattern that cannot be used: up to 512 letters, digits, . and :,"
              + " an exit code only digits, and * only at the end.");
      return Optional.empty();
    }
    return Optional.of(
        new RetryPolicy.Rule(
            text(rule, "onExitCode"),
            text(rule, "onReason"),
            text(rule, "onStatusReason"),
            text(rule, "onErrorType"),
            action.equals("RETRY")));
  }

  private static boolean fits(JsonNode rule, String name, Pattern pattern) {
    return !rule.has(name)
        || (rule.get(name).isTextual() && pattern.matcher(rule.get(name).textValue()).matches());
  }

  private static Optional<String> text(JsonNode rule, String name) {
    return rule.has(name) ? Optional.of(rule.get(name).textValue()) : Optional.empty();
  }
}
