package dev.spillway.lambda.invoke;

import static dev.spillway.lambda.testkit.TestService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testkit.TestService;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OneShotInvokeTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

  @Test
  void the_log_is_streamed_and_the_result_returned() {
    Result result = run(AmbientVariables.NONE, "{\"do\":\"print\",\"text\":\"hello\"}");
    assertThat(result.functionError()).isEmpty();
    assertThat(new String(result.payload(), StandardCharsets.UTF_8)).isEqualTo("null");
    assertThat(stderr.toString(StandardCharsets.UTF_8).lines().toList())
        .hasSize(6)
        .satisfies(
            lines -> {
              assertThat(lines.get(0)).startsWith("START RequestId: ");
              assertThat(lines.get(1)).isEqualTo("out hello");
              assertThat(lines.get(4)).startsWith("END RequestId: ");
              assertThat(lines.get(5)).startsWith("REPORT RequestId: ").contains("Init Duration: ");
            });
  }

  @Test
  void surroundings_reach_the_function() {
    Result result =
        run(
            _ -> Map.of("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:8081", "AWS_ACCESS_KEY_ID", "k"),
            "{\"do\":\"environment\"}");
    assertThat(json(result).get("AWS_ENDPOINT_URL_S3").asText()).isEqualTo("http://127.0.0.1:8081");
    assertThat(json(result).get("AWS_ACCESS_KEY_ID").asText()).isEqualTo("k");
  }

  @Test
  void an_event_that_is_not_json_is_refused() {
    assertThatThrownBy(() -> run(AmbientVariables.NONE, "{"))
        .isInstanceOfSatisfying(LambdaException.class, e -> assertThat(e.status()).isEqualTo(400));
  }

  private Result run(AmbientVariables ambient, String event) {
    var settings = TestService.settings(folder, 1, Duration.ofMinutes(1), Duration.ofSeconds(10));
    return new OneShotInvoke(settings, ambient, new PrintStream(stderr, true))
        .run(
            TestService.java(folder, "script", Script.class),
            event.getBytes(StandardCharsets.UTF_8));
  }
}
