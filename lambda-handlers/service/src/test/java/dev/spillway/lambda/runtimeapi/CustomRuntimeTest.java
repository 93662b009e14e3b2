package dev.spillway.lambda.runtimeapi;

import static dev.spillway.lambda.testkit.TestService.json;
import static dev.spillway.lambda.testkit.TestService.runs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.testkit.TestService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runtimes that bring their own bootstrap. */
class CustomRuntimeTest {
  /** The loop of a shell runtime; {@code work} is what it does with an event. */
  private static String loop(String work) {
    return """
        #!/bin/sh
        set -u
        API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
        while :; do
          H=$(mktemp); EVENT=$(mktemp)
          curl -sS -o "$EVENT" -D "$H" "$API/invocation/next" || exit 1
          ID=$(tr -d '\\r' <"$H" | awk -F': ' 'tolower($1)=="lambda-runtime-aws-request-id"{print $2}')
          %s
        done
        """
        .formatted(work);
  }

  private static final String ANSWER =
      "curl -sS -X POST --data-binary @\"$EVENT\" \"$API/invocation/$ID/response\" >/dev/null";

  @TempDir Path folder;

  /** The bootstraps of these tests are shell scripts that call the Runtime API with curl. */
  @BeforeAll
  static void curlIsThere() {
    boolean there =
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "curl")));
    assertThat(there || !"1".equals(System.getenv("REQUIRE_CLIENTS")))
        .as("REQUIRE_CLIENTS=1, but there is no curl")
        .isTrue();
    assumeTrue(there, "without curl no bootstrap of these tests can run");
  }

  @Test
  void a_shell_bootstrap_serves_calls_and_is_used_again() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.shell(folder, "sh", loop("echo pid $$; " + ANSWER)));
      Result first = service.invoke("sh", "{\"a\":1}");
      Result second = service.invoke("sh", "[2]");
      assertThat(new String(first.payload(), StandardCharsets.UTF_8)).isEqualTo("{\"a\":1}");
      assertThat(new String(second.payload(), StandardCharsets.UTF_8)).isEqualTo("[2]");
      assertThat(line(second, 1)).startsWith("pid ").isEqualTo(line(first, 1));
    }
  }

  @Test
  void an_error_it_reports_is_passed_on() {
    String report =
        "curl -sS -X POST -H 'Lambda-Runtime-Function-Error-Type: Function.ExitStatus' -d"
            + " '{\"errorType\":\"Function.ExitStatus\",\"errorMessage\":\"exit status 3\"}'"
            + " \"$API/invocation/$ID/error\" >/dev/null";
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.shell(folder, "sh", loop(report)));
      Result result = service.invoke("sh", "{}");
      assertThat(result.functionError()).contains("Unhandled");
      assertThat(json(result).get("errorMessage").asText()).isEqualTo("exit status 3");
    }
  }

  @Test
  void a_streamed_response_arrives_whole() {
    String chunked =
        "curl -sS -X POST -H 'Transfer-Encoding: chunked' -H"
            + " 'Lambda-Runtime-Function-Response-Mode: streaming' --data-binary @\"$EVENT\""
            + " \"$API/invocation/$ID/response\" >/dev/null";
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.shell(folder, "sh", loop(chunked)));
      String event = "\"" + "y".repeat(200_000) + "\"";
      assertThat(new String(service.invoke("sh", event).payload(), StandardCharsets.UTF_8))
          .isEqualTo(event);
    }
  }

  @Test
  void memory_beyond_the_size_and_its_slack_kills_the_worker_and_its_children() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(
          TestService.shell(
              folder, "sh", loop("head -c 2000m /dev/zero | tail -c 2000m | wc -c; " + ANSWER)));
      Result result = service.invoke("sh", "{}");
      assertThat(json(result).get("errorType").asText()).isEqualTo("Runtime.ExitError");
      assertThat(json(result).get("errorMessage").asText())
          .isEqualTo(
              "RequestId: "
                  + result.requestId()
                  + " Error: Runtime exited with error: signal: killed");
      assertThat(result.report().maxMemoryMb()).isGreaterThan(128 + 64);
    }
  }

  @Test
  void files_beyond_the_ephemeral_storage_end_the_call_with_the_words_of_a_full_disk() {
    String fill = "mkdir -p $TMPDIR/d; head -c 600m /dev/zero >$TMPDIR/d/f; sleep 30; ";
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.shell(folder, "sh", loop(fill + ANSWER)));
      service.with(TestService.shell(folder, "other", loop(ANSWER)));
      Result result = service.invoke("sh", "{}");
      assertThat(result.functionError()).contains("Unhandled");
      assertThat(json(result).get("errorType").asText()).isEqualTo("Runtime.ExitError");
      assertThat(json(result).get("errorMessage").asText())
          .containsPattern(
              "Error: No space left on device: the temporary folder has \\d+ MB,"
                  + " EphemeralStorage.Size is 512$");
      assertThat(result.log()).contains("No space left on device");
      assertThat(service.invoke("other", "1").functionError())
          .as("another function goes on")
          .isEmpty();
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> isEmpty(folder.resolve("data/functions/sh/tmp")));
    }
  }

  private static boolean isEmpty(Path directory) throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  @Test
  void a_timeout_kills_the_whole_process_group() {
    Path pids = folder.resolve("pids");
    try (TestService service = TestService.open(folder, 1)) {
      service.with(
          TestService.withTimeout(
              TestService.shell(
                  folder, "sh", loop("sleep 300 & echo $! >" + pids + "; wait; " + ANSWER)),
              1));
      Result result = service.invoke("sh", "{}");
      assertThat(result.log()).contains("Task timed out after 1.00 seconds");
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> !runs(Long.parseLong(Files.readString(pids).strip())));
    }
  }

  @Test
  void a_missing_bootstrap_is_an_invalid_entrypoint() throws Exception {
    try (TestService service = TestService.open(folder, 1)) {
      var function = TestService.shell(folder, "sh", "#!/bin/sh\n");
      Files.delete(function.code().resolve("bootstrap"));
      Files.writeString(function.code().resolve("readme"), "nothing to run");
      service.with(function);
      Result result = service.invoke("sh", "{}");
      assertThat(json(result).get("errorType").asText()).isEqualTo("Runtime.InvalidEntrypoint");
    }
  }

  @Test
  void a_bootstrap_that_may_not_be_executed_is_an_invalid_entrypoint() throws Exception {
    try (TestService service = TestService.open(folder, 1)) {
      var function = TestService.shell(folder, "sh", "#!/bin/sh\n");
      Files.setPosixFilePermissions(
          function.code().resolve("bootstrap"), PosixFilePermissions.fromString("rw-r--r--"));
      service.with(function);
      assertThat(json(service.invoke("sh", "{}")).get("errorMessage").asText())
          .contains("permission denied");
    }
  }

  @Test
  void a_runtime_that_ends_before_it_asks_for_work_is_an_exit_error() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.shell(folder, "sh", "#!/bin/sh\necho lost my way; exit 7\n"));
      Result result = service.invoke("sh", "{}");
      assertThat(json(result).get("errorMessage").asText())
          .endsWith("Error: Runtime exited with error: exit status 7");
      assertThat(result.log()).contains("lost my way");
    }
  }

  @Test
  void a_log_without_end_is_cut_with_a_line_that_says_how_much() {
    var settings = TestService.settings(folder, 1, Duration.ofMinutes(5), Duration.ofSeconds(10));
    var capped =
        new dev.spillway.lambda.LambdaSettings(
            settings.dataDirectory(),
            settings.region(),
            settings.account(),
            1,
            settings.idleExpiry(),
            settings.initLimit(),
            settings.javaHome(),
            settings.runtimeInterfaceClient(),
            64,
            Duration.ofDays(1),
            100_000,
            false,
            dev.spillway.lambda.LambdaSettings.ASYNC_RETRY_DELAYS,
            settings.runtimes());
    try (TestService service = TestService.open(capped)) {
      service.with(
          TestService.shell(
              folder, "sh", loop("head -c 300000 /dev/zero | tr '\\0' x; sleep 0.3; " + ANSWER)));
      Result result = service.invoke("sh", "{}");
      assertThat(result.log()).containsPattern("log cut: \\d+ bytes dropped here, the limit is");
      assertThat(result.log().length()).isLessThan(1000);
    }
  }

  private static String line(Result result, int index) {
    return result.log().lines().toList().get(index);
  }
}
