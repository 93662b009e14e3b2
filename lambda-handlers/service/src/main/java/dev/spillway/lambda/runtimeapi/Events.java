package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Call;
import dev.spillway.lambda.function.FunctionService.Report;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Event;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** How a call looks to a runtime, and how its end looks in the log. */
final class Events {
  private Events() {}

  /** Source: AWS Lambda Runtime API, next invocation, response headers. */
  static Event of(Call call, Instant deadline) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("Lambda-Runtime-Aws-Request-Id", call.requestId());
    headers.put("Lambda-Runtime-Deadline-Ms", Long.toString(deadline.toEpochMilli()));
    headers.put("Lambda-Runtime-Invoked-Function-Arn", call.invokedArn());
    headers.put("Lambda-Runtime-Trace-Id", traceId(deadline));
    // A header is one line; between JSON tokens a blank means the same as a line end.
    call.clientContext()
        .ifPresent(
            json ->
                headers.put("Lambda-Runtime-Client-Context", json.replaceAll("[\\r\\n]+", " ")));
    return new Event(call.payload(), headers);
  }

  private static String traceId(Instant about) {
    String random = UUID.randomUUID().toString().replace("-", "");
    String parent = UUID.randomUUID().toString().replace("-", "").substring(0, 16);
    return String.format(
        Locale.ROOT,
        "Root=1-%08x-%s;Parent=%s;Sampled=0",
        about.getEpochSecond(),
        random.substring(0, 24),
        parent);
  }

  /** Tabs separate the fields of REPORT. */
  static String endAndReport(String requestId, int memorySizeMb, Report report) {
    String line =
        String.format(
            Locale.ROOT,
            "END RequestId: %s\nREPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms"
                + "\tMemory Size: %d MB\tMax Memory Used: %d MB",
            requestId,
            requestId,
            report.durationMillis(),
            report.billedMillis(),
            memorySizeMb,
            report.maxMemoryMb());
    return report.initMillis() == 0
        ? line
        : line + String.format(Locale.ROOT, "\tInit Duration: %.2f ms", report.initMillis());
  }

  static String initTimeout(double millis) {
    return String.format(
        Locale.ROOT, "INIT_REPORT Init Duration: %.2f ms\tPhase: init\tStatus: timeout", millis);
  }
}
