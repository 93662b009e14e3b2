package dev.spillway.lambda.function;

import static dev.spillway.lambda.testkit.TestService.json;
import static dev.spillway.lambda.testkit.TestService.runs;
import static dev.spillway.lambda.testkit.TestService.withEnvironment;
import static dev.spillway.lambda.testkit.TestService.withTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testkit.TestService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Java functions under the AWS runtime interface client, in processes of their own. */
class JavaFunctionTest {
  @TempDir static Path folder;
  static TestService service;

  @BeforeAll
  static void open() {
    service = TestService.open(folder, 4);
    FunctionConfiguration script = TestService.java(folder, "script", Script.class);
    service.with(script);
    FunctionConfiguration hasty = TestService.java(folder, "hasty", Script.class);
    service.with(withTimeout(hasty, 1));
  }

  @AfterAll
  static void close() {
    service.close();
  }

  @Test
  void the_result_is_what_the_handler_returns() {
    Result result = service.invoke("script", "{\"b\":[1,2,{\"c\":null}],\"a\":\"ä\"}");
    assertThat(result.functionError()).isEmpty();
    assertThat(json(result).get("a").asText()).isEqualTo("ä");
    assertThat(json(result).get("b").get(1).asInt()).isEqualTo(2);
    assertThat(result.executedVersion()).isEqualTo("$LATEST");
  }

  @Test
  void the_context_tells_the_function_who_it_is() {
    Result result =
        service
            .functions
            .invoke(
                new Invocation(
                    "11111111-2222-3333-4444-555555555555",
                    "script",
                    "{\"do\":\"about\"}".getBytes(StandardCharsets.UTF_8),
                    Optional.of("{\"custom\":\n{\"spillwayTaskId\":\"t-1\"}}")))
            .join();
    JsonNode about = json(result);
    assertThat(about.get("requestId").asText()).isEqualTo("11111111-2222-3333-4444-555555555555");
    assertThat(about.get("functionName").asText()).isEqualTo("script");
    assertThat(about.get("memory").asInt()).isEqualTo(256);
    assertThat(about.get("arn").asText())
        .isEqualTo("arn:aws:lambda:us-east-1:123456789012:function:script");
    assertThat(about.get("remainingMillis").asInt()).isBetween(5_000, 10_000);
    assertThat(about.get("client").get("spillwayTaskId").asText()).isEqualTo("t-1");
  }

  @Test
  void the_environment_is_lambdas_and_the_functions_own_and_nothing_of_the_server() {
    service.with(
        withEnvironment(
            TestService.java(folder, "variables", Script.class),
            Map.of("GREETING", "hello", "AWS_REGION", "mars-1", "TZ", "Europe/Berlin")));
    JsonNode seen = json(service.invoke("variables", "{\"do\":\"environment\"}"));
    assertThat(seen.get("GREETING").asText()).isEqualTo("hello");
    assertThat(seen.get("TZ").asText()).isEqualTo("Europe/Berlin");
    assertThat(seen.get("AWS_REGION").asText()).as("reserved").isEqualTo("us-east-1");
    assertThat(seen.get("AWS_LAMBDA_FUNCTION_NAME").asText()).isEqualTo("variables");
    assertThat(seen.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").asText()).isEqualTo("256");
    assertThat(seen.get("AWS_EXECUTION_ENV").asText()).isEqualTo("AWS_Lambda_java25");
    assertThat(seen.get("AWS_LAMBDA_LOG_STREAM_NAME").asText())
        .matches("\\d{4}/\\d\\d/\\d\\d/\\[\\$LATEST][0-9a-f]{32}");
    assertThat(seen.has("USER") || seen.has("MAVEN_CMD_LINE_ARGS")).isFalse();
  }

  @Test
  void code_runs_in_the_task_root() {
    long length =
        json(service.invoke(
                "script",
                "{\"do\":\"readFile\",\"name\":\"dev/spillway/lambda/testfunctions/Script.class\"}"))
            .asLong();
    assertThat(length).isPositive();
  }

  @Test
  void an_exception_is_the_error_object_with_type_and_stack() {
    Result result = service.invoke("script", "{\"do\":\"throw\",\"text\":\"x\"}");
    assertThat(result.functionError()).contains("Unhandled");
    assertThat(json(result).get("errorType").asText())
        .isEqualTo("java.lang.IllegalArgumentException");
    assertThat(json(result).get("errorMessage").asText()).isEqualTo("bad input: x");
    assertThat(json(result).get("stackTrace").get(0).asText()).contains("Script.handleRequest");
    assertThat(service.invoke("script", "{}").functionError()).isEmpty();
  }

  @Test
  void the_log_has_the_lines_of_this_call_in_order() {
    service.invoke("script", "{\"do\":\"print\",\"text\":\"earlier\"}");
    Result result = service.invoke("script", "{\"do\":\"print\",\"text\":\"mine\"}");
    String id = result.requestId();
    assertThat(result.log().lines().toList())
        .hasSize(6)
        .startsWith(
            "START RequestId: " + id + " Version: $LATEST",
            "out mine",
            "err mine",
            "no line end",
            "END RequestId: " + id)
        .last()
        .asString()
        .matches(
            "REPORT RequestId: "
                + id
                + "\\tDuration: \\d+\\.\\d\\d ms\\tBilled Duration: \\d+ ms\\tMemory Size: 256 MB"
                + "\\tMax Memory Used: \\d+ MB");
    assertThat(result.report().maxMemoryMb()).isBetween(10, 300);
    assertThat(result.report().initMillis()).isZero();
  }

  @Test
  void a_timeout_kills_the_worker_and_says_so_in_lambdas_words() {
    long pid = service.pid("hasty");
    Result result = service.invoke("hasty", "{\"do\":\"sleep\",\"millis\":60000}");
    assertThat(result.functionError()).contains("Unhandled");
    assertThat(json(result).get("errorMessage").asText())
        .matches(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z "
                + result.requestId()
                + " Task timed out after 1.00 seconds");
    assertThat(runs(pid)).isFalse();
    assertThat(result.log()).contains("Task timed out after 1.00 seconds\nEND RequestId: ");
    assertThat(result.report().durationMillis()).isEqualTo(1000.0);
    assertThat(service.pid("hasty")).isNotEqualTo(pid);
  }

  @Test
  void an_exit_code_is_reported_and_the_next_call_gets_a_new_worker() {
    long pid = service.pid("script");
    Result result = service.invoke("script", "{\"do\":\"exit\",\"code\":1}");
    assertThat(result.functionError()).contains("Unhandled");
    assertThat(json(result).get("errorType").asText()).isEqualTo("Runtime.ExitError");
    assertThat(json(result).get("errorMessage").asText())
        .isEqualTo(
            "RequestId: "
                + result.requestId()
                + " Error: Runtime exited with error: exit status 1");
    assertThat(service.pid("script")).isNotEqualTo(pid);
  }

  @Test
  void an_exit_with_zero_is_a_failure_too() {
    Result result = service.invoke("script", "{\"do\":\"exit\",\"code\":0}");
    assertThat(json(result).get("errorMessage").asText())
        .isEqualTo(
            "RequestId: "
                + result.requestId()
                + " Error: Runtime exited without providing a reason");
  }

  @Test
  void a_full_heap_is_an_out_of_memory_error_and_costs_no_other_call() {
    Result result = service.invoke("script", "{\"do\":\"fillMemory\"}");
    assertThat(result.functionError()).contains("Unhandled");
    assertThat(json(result).get("errorType").asText()).isEqualTo("java.lang.OutOfMemoryError");
    assertThat(service.invoke("script", "{}").functionError()).isEmpty();
  }

  @Test
  void a_response_over_six_mebibytes_is_refused_and_the_next_call_works() {
    Result result = service.invoke("script", "{\"do\":\"large\",\"bytes\":6291600}");
    assertThat(result.functionError()).contains("Unhandled");
    assertThat(json(result).get("errorType").asText()).isEqualTo("Function.ResponseSizeTooLarge");
    assertThat(json(result).get("errorMessage").asText())
        .isEqualTo("Response payload size exceeded maximum allowed payload size (6291556 bytes).");
    assertThat(service.invoke("script", "{}").functionError()).isEmpty();
  }

  @Test
  void a_response_of_six_mebibytes_passes() {
    Result result = service.invoke("script", "{\"do\":\"large\",\"bytes\":6291000}");
    assertThat(result.functionError()).isEmpty();
    assertThat(result.payload()).hasSize(6_291_002);
  }

  @Test
  void a_payload_over_six_mebibytes_is_refused() {
    String event = "\"" + "x".repeat(LocalFunctionService.PAYLOAD_BYTES_MAX) + "\"";
    assertThatThrownBy(() -> service.invoke("script", event))
        .hasCauseInstanceOf(LambdaException.class)
        .hasMessageContaining(
            "6291458 byte payload is too large for the RequestResponse invocation type (limit"
                + " 6291456 bytes)");
  }

  @Test
  void a_warm_worker_is_used_again() {
    JsonNode first = json(service.invoke("script", "{\"do\":\"about\"}"));
    JsonNode second = json(service.invoke("script", "{\"do\":\"about\"}"));
    assertThat(second.get("pid")).isEqualTo(first.get("pid"));
    assertThat(second.get("calls").asInt()).isEqualTo(first.get("calls").asInt() + 1);
  }

  @Test
  void a_cancelled_call_kills_its_worker() {
    service.with(TestService.java(folder, "cancelled", Script.class));
    long pid = service.pid("cancelled");
    CompletableFuture<Result> running =
        service.start("cancelled", "{\"do\":\"sleep\",\"millis\":60000}");
    Path logs = folder.resolve("data/logs/functions/cancelled");
    await().atMost(Duration.ofSeconds(5)).until(() -> starts(logs) == 2);
    running.cancel(true);
    await().atMost(Duration.ofSeconds(5)).until(() -> !runs(pid));
    assertThat(service.pid("cancelled")).isNotEqualTo(pid);
  }

  @Test
  void logs_are_kept_in_a_file_per_environment() throws Exception {
    service.with(TestService.java(folder, "logged", Script.class));
    Result result = service.invoke("logged", "{\"do\":\"print\",\"text\":\"kept\"}");
    try (var files = Files.walk(folder.resolve("data/logs/functions/logged"))) {
      Path log = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      assertThat(Files.readString(log)).endsWith(result.log()).contains("out kept");
    }
  }

  private static long starts(Path logs) throws Exception {
    try (var files = Files.walk(logs)) {
      Path log = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      return Files.readString(log).lines().filter(line -> line.startsWith("START ")).count();
    }
  }
}
