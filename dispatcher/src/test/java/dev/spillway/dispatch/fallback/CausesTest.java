package dev.spillway.dispatch.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.fallback.CauseTable.Entry;
import dev.spillway.dispatch.fallback.JourneyEvent.HopFailed;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The built-in table: a failure as it is really seen for every row, and what the task does then.
 * The words are those of the runtimes and services.
 */
class CausesTest {
  private static final Instant T0 = Instant.parse("2026-11-21T02:00:00Z");
  private static final FallbackRules RULES =
      DispatchDefaults.settings(Path.of("unused"), 1).fallback();
  private static final Orders ORDERS =
      new Orders(
          List.of(
              new Orders.Leg(Route.FUNCTION, 512, 512), new Orders.Leg(Route.BATCH_SPOT, 512, 512)),
          RetryPolicy.NONE,
          Optional.empty());
  private static final String EXITED = "Essential container in task exited";

  /** One or more for each row. */
  private static final List<Failure> SEEN =
      List.of(
          function("Sandbox.Timedout", "RequestId: r Error: Task timed out after 3.00 seconds"),
          function("Sandbox.Timeout", "RequestId: r Error: it took too long"),
          function(
              "Function.Unknown",
              "2026-02-03T04:05:06.789Z 2f1c Task timed out after 3.00 seconds"),
          job("Job attempt duration exceeded timeout", 137, null),
          job(EXITED, 137, "OutOfMemoryError: Container killed due to memory usage"),
          function("java.lang.OutOfMemoryError", "Java heap space"),
          function(
              "java.util.concurrent.CompletionException",
              "java.lang.OutOfMemoryError: Java heap space"),
          function("MemoryError", "Unable to allocate 8.00 GiB for an array"),
          function("Error", "Worker terminated: JavaScript heap out of memory, reached its limit"),
          function("Function<NoMemoryError>", "failed to allocate memory"),
          function("OutOfMemoryException", "Array dimensions exceeded supported range."),
          function("Runtime.OutOfMemory", "RequestId: r Error: Runtime ran out of memory"),
          function(
              "Runtime.ExitError", "RequestId: r Error: Runtime exited with error: signal: killed"),
          function("java.io.IOException", "No space left on device"),
          function("OSError", "[Errno 28] No space left on device: '/tmp/a'"),
          function("Error", "ENOSPC: no space left on device, write"),
          job(EXITED, 1, "write /scratch/a: No space left on device"),
          job("Task failed to start", null, "CannotCreateContainerError: no space left on device"),
          job(EXITED, 137, "Container killed: its files in /tmp took 21 MiB; the limit is 20 MiB"),
          function("java.nio.file.FileSystemException", "/tmp/a: Disk quota exceeded"),
          function("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum"),
          service(413, "RequestTooLargeException", "7000000 byte payload is too large"),
          service(413, "UnknownError", "Request Entity Too Large"),
          service(429, "TooManyRequestsException", "Rate Exceeded."),
          service(429, "UnknownError", "Too Many Requests"),
          service(503, "CircuitOpenException", "The circuit of function resize is open."),
          service(404, "ResourceNotFoundException", "Function not found: arn:aws:lambda:f"),
          service(404, "UnknownError", "Not Found"),
          function("Runtime.InvalidEntrypoint", "RequestId: r Error: exec: no such file"),
          function("Runtime.InvalidWorkingDir", "RequestId: r Error: chdir: no such folder"),
          function("Runtime.InvalidTaskConfig", "RequestId: r Error: bad task"),
          function("Runtime.BadFunctionCode", "RequestId: r Error: bad code"),
          function("Runtime.ImportModuleError", "Unable to import module 'app': No module named x"),
          function("Runtime.HandlerNotFound", "Handler 'main' missing on module 'app'"),
          function("Runtime.MalformedHandlerName", "Bad handler 'app': not enough values"),
          function("Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token"),
          function("java.lang.ClassNotFoundException", "Class not found: com.acme.Handler"),
          function(
              "java.lang.NoSuchMethodException",
              "No public method named go with appropriate method signature found on class A"),
          function("Extension.Crash", "RequestId: r Error: exit code 1"),
          service(502, "InvalidRuntimeException", "The runtime is not supported"),
          service(502, "InvalidZipFileException", "The archive cannot be unpacked"),
          service(400, "ClientException", "Memory 3538 is not valid for this vCPU"),
          job("Task failed to start", null, null),
          job("ResourceInitializationError: unable to pull secrets", null, null),
          job(EXITED, null, "CannotPullContainerError: not listed"),
          job(EXITED, 127, "CannotStartContainerError: Error response from daemon: no such file"),
          job(EXITED, null, "CannotCreateContainerError: bad mount"),
          job("Host EC2 (instance i-0123456789abcdef0) terminated.", null, null),
          job("Your Spot Task was interrupted.", 137, null),
          function("Sandbox.Failure", "RequestId: r Error: the sandbox is gone"),
          function(
              "Runtime.ExitError",
              "RequestId: r Error: Runtime exited with error: signal: segmentation fault"),
          service(503, "ServiceUnavailableException", "x"));

  private static Failure function(String errorType, String message) {
    return Failure.ofFunction(errorType, message);
  }

  private static Failure service(int status, String errorType, String message) {
    return Failure.ofService(status, errorType, message);
  }

  private static Failure job(String statusReason, Integer exitCode, String reason) {
    return Failure.ofJob(
        exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode),
        Optional.of(statusReason),
        Optional.ofNullable(reason));
  }

  static List<Entry> rows() {
    return RULES.causes().entries();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void each_row_decides_a_failure_that_is_really_seen_and_the_task_goes_on(Entry row) {
    List<Failure> decided =
        SEEN.stream().filter(f -> RULES.causes().deciding(f).equals(Optional.of(row))).toList();
    assertThat(decided).as("no failure of this test reaches the row %s", row).isNotEmpty();
    for (Failure failure : decided) {
      Step step =
          Fallback.step(
              ORDERS,
              Fallback.begin(ORDERS, List.of(), T0).journey(),
              new HopFailed(1, failure, List.of()),
              RULES,
              T0);
      if (row.cause().passing()) {
        assertThat(step.journey().waitsToBeSent()).as("%s", failure).isTrue();
      } else {
        assertThat(step.effects()).as("%s", failure).containsExactly(new Effect.StartHop(2));
      }
      assertThat(step.journey().hops().getFirst().cause()).contains(row.cause());
    }
  }

  static Stream<Failure> ofTheCode() {
    return Stream.of(
        job(EXITED, 1, null),
        // Killed, and nobody says for its memory: the code may have done it.
        job(EXITED, 137, null),
        function("java.lang.IllegalStateException", "no"),
        function("java.lang.ClassNotFoundException", "com.acme.Plugin"),
        function("Runtime.ExitError", "RequestId: r Error: Runtime exited with exit status 1"));
  }

  @ParameterizedTest
  @MethodSource("ofTheCode")
  void what_no_row_knows_is_a_failure_of_the_code(Failure failure) {
    assertThat(RULES.causes().deciding(failure)).isEmpty();
    assertThat(RULES.causes().classify(failure)).isEqualTo(Cause.APPLICATION);
  }

  @Test
  void a_line_that_cannot_be_read_is_named() {
    assertThatThrownBy(() -> CauseTable.read(List.of("# fine", "slow errorType X")))
        .hasMessageStartingWith(
            "causes, line 2: \"slow errorType X\" is not a cause, a field and a pattern;")
        .hasMessageContaining("no-capacity")
        .hasMessageEndingWith("reason, httpStatus.");
  }
}
