package dev.spillway.lambda.runtimeapi;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Error objects and log lines in Lambda's own words.
 *
 * <p>Source: AWS Lambda Developer Guide, invocation errors; observed CloudWatch log lines.
 */
final class FunctionErrors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private FunctionErrors() {}

  static byte[] body(String errorType, String message) {
    ObjectNode error = JSON.createObjectNode();
    error.put("errorMessage", message);
    if (errorType != null) {
      error.put("errorType", errorType);
    }
    return error.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** {@code 2026-02-03T04:05:06.789Z 2f1c... Task timed out after 3.00 seconds}. */
  static String timedOut(Instant at, String requestId, int timeoutSeconds) {
    return String.format(
        Locale.ROOT,
        "%s %s Task timed out after %.2f seconds",
        TIME.format(at),
        requestId,
        (double) timeoutSeconds);
  }

  static byte[] exitError(String requestId, String how) {
    return body("Runtime.ExitError", "RequestId: " + requestId + " Error: " + how);
  }

  static byte[] responseTooLarge() {
    return body(
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size ("
            + RuntimeConnection.RESPONSE_BYTES_MAX
            + " bytes).");
  }

  /** How a runtime ended, as Lambda says it: exit code 0 has no reason either. */
  static String exited(OptionalInt code) {
    if (code.isEmpty() || code.getAsInt() == 0) {
      return "Runtime exited without providing a reason";
    }
    int status = code.getAsInt();
    return "Runtime exited with error: "
        + (status > 128 && status <= 128 + 31 ? signal(status - 128) : "exit status " + status);
  }

  /** What a write would fail with on AWS, and how much is there. */
  static String storageFull(long storedMb, int limitMb) {
    return "No space left on device: the temporary folder has "
        + storedMb
        + " MB, EphemeralStorage.Size is "
        + limitMb;
  }

  static String killed() {
    return "Runtime exited with error: " + signal(9);
  }

  private static String signal(int number) {
    return "signal: "
        + switch (number) {
          case 1 -> "hangup";
          case 2 -> "interrupt";
          case 3 -> "quit";
          case 4 -> "illegal instruction";
          case 6 -> "aborted";
          case 7 -> "bus error";
          case 8 -> "floating point exception";
          case 9 -> "killed";
          case 11 -> "segmentation fault";
          case 13 -> "broken pipe";
          case 15 -> "terminated";
          default -> Integer.toString(number);
        };
  }
}
