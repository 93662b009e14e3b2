package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.Refusals.json;
import static dev.spillway.batch.api.wire.Refusals.refused;
import static dev.spillway.batch.api.wire.Refusals.refusedBare;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryMembersTest {

  private static ObjectNode strategy(String text) {
    return RetryMembers.retryStrategy(
            Shapes.read("SubmitJob", json("{'retryStrategy':" + text + "}")))
        .orElseThrow();
  }

  @Test
  void actions_are_answered_in_lower_case_and_empty_lists_are_there() {
    assertThat(strategy("{'attempts':10,'evaluateOnExit':[{'onExitCode':'13*','action':'Retry'}]}"))
        .isEqualTo(
            json("{'attempts':10,'evaluateOnExit':[{'onExitCode':'13*','action':'retry'}]}"));
    assertThat(strategy("{'attempts':1}")).isEqualTo(json("{'attempts':1,'evaluateOnExit':[]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {}                                                                   | RetryAttempts must be provided with retry strategy.
      {'evaluateOnExit':[{'onReason':'*','action':'EXIT'}]}                | RetryAttempts must be provided with retry strategy.
      {'attempts':0}                                                       | retryStrategy.attempts is 0; it should be between 1 and 10.
      {'attempts':11}                                                      | retryStrategy.attempts is 11; it should be between 1 and 10.
      {'attempts':1,'evaluateOnExit':[{'action':'EXIT'}]}                  | EvaluateOnExit should contain at least one of onExitCode, onReason or onStatusReason
      {'attempts':1,'evaluateOnExit':[{'onReason':'*'}]}                   | retryStrategy.evaluateOnExit[0].action is required.
      {'attempts':1,'evaluateOnExit':[{'onReason':'*','action':'STOP'}]}   | retryStrategy.evaluateOnExit[0].action is stop; valid are [RETRY, EXIT].
      """)
  void a_wrong_strategy(String strategy, String message) {
    refused(message, () -> strategy(strategy));
  }

  @Test
  void too_many_rules_and_patterns_that_are_none() {
    String rule = "{'onReason':'a','action':'EXIT'}";
    refused(
        "Up to 5 evaluateOnExit condition can be specified.",
        () -> strategy("{'attempts':1,'evaluateOnExit':[" + rule + ("," + rule).repeat(5) + "]}"));
    refused(
        "Evaluate on exit condition cannot exceed 512 characters.",
        () ->
            strategy(
                "{'attempts':1,'evaluateOnExit':["
                    + rule.replace("'a'", "'" + "a".repeat(513) + "'")
                    + "]}"));
    for (String pattern : new String[] {"a*b", "a;b"}) {
      refusedBare(
          "Evaluate on exit condition contains restricted characters.",
          () ->
              strategy(
                  "{'attempts':1,'evaluateOnExit':["
                      + rule.replace("'a'", "'" + pattern + "'")
                      + "]}"));
    }
    refusedBare(
        "Evaluate on exit condition contains restricted characters.",
        () -> strategy("{'attempts':1,'evaluateOnExit':[{'onExitCode':'x','action':'EXIT'}]}"));
  }
}
