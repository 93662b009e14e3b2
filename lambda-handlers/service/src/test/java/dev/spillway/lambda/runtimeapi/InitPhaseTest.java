package dev.spillway.lambda.runtimeapi;

import static dev.spillway.lambda.testkit.TestService.json;
import static dev.spillway.lambda.testkit.TestService.withEnvironment;
import static dev.spillway.lambda.testkit.TestService.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.testfunctions.FailingInit;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testfunctions.SlowInit;
import dev.spillway.lambda.testkit.TestService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens before a function is ready. */
class InitPhaseTest {
  private static final Duration IDLE = Duration.ofMinutes(5);

  @TempDir Path folder;

  @Test
  void the_first_call_reports_its_init_and_is_billed_for_it() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.java(folder, "f", Script.class));
      Result cold = service.invoke("f", "{}");
      assertThat(cold.report().initMillis()).isPositive();
      assertThat(cold.report().billedMillis())
          .isGreaterThanOrEqualTo((long) cold.report().initMillis());
      assertThat(cold.log()).containsPattern("\\tInit Duration: \\d+\\.\\d\\d ms\\n");
      assertThat(service.invoke("f", "{}").log()).doesNotContain("Init Duration");
    }
  }

  @Test
  void a_function_that_cannot_be_constructed_answers_with_its_own_error() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.java(folder, "f", FailingInit.class));
      Result result = service.invoke("f", "{}");
      assertThat(result.functionError()).contains("Unhandled");
      assertThat(json(result).get("errorMessage").asText()).contains("no database");
      assertThat(result.log()).contains("constructing").contains("END RequestId: ");
      assertThat(service.invoke("f", "{}").functionError()).contains("Unhandled");
      assertThat(service.functions.environments()).isEmpty();
    }
  }

  @Test
  void a_handler_that_does_not_exist_is_named() {
    try (TestService service = TestService.open(folder, 1)) {
      FunctionConfiguration f = TestService.java(folder, "f", Script.class);
      service.with(
          new FunctionConfiguration(
              "f",
              "java21",
              "com.example.Nowhere",
              f.code(),
              3,
              128,
              512,
              "x86_64",
              Map.of(),
              f.reservedConcurrency(),
              Map.of()));
      Result result = service.invoke("f", "{}");
      assertThat(json(result).get("errorMessage").asText())
          .isEqualTo("Class not found: com.example.Nowhere");
    }
  }

  @Test
  void an_init_over_the_limit_is_repeated_as_part_of_the_call() {
    try (TestService service = TestService.open(folder, 1, IDLE, Duration.ofMillis(1500))) {
      service.with(slow(2000, 10));
      Result result = service.invoke("f", "{}");
      assertThat(result.functionError()).isEmpty();
      assertThat(result.report().durationMillis()).isGreaterThan(2000);
      assertThat(result.report().initMillis()).isZero();
      assertThat(json(result).asLong()).as("time left").isLessThan(8000);
    }
  }

  @Test
  void an_init_over_the_limit_and_over_the_timeout_times_out() {
    try (TestService service = TestService.open(folder, 1, IDLE, Duration.ofMillis(1000))) {
      service.with(slow(60_000, 1));
      Result result = service.invoke("f", "{}");
      assertThat(json(result).get("errorMessage").asText())
          .endsWith(result.requestId() + " Task timed out after 1.00 seconds");
      assertThat(service.functions.environments()).isEmpty();
    }
  }

  private FunctionConfiguration slow(long initMillis, int timeout) {
    return withTimeout(
        withEnvironment(
            TestService.java(folder, "f", SlowInit.class),
            Map.of("INIT_MILLIS", Long.toString(initMillis))),
        timeout);
  }
}
