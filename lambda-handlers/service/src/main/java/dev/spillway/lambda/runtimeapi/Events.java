package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Call;
import dev.spillway.lambda.function.FunctionService.Report;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Event;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

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
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return "Root=1-"
        + hex.toHexDigits((int) about.getEpochSecond())
        + "-"
        + hex.toHexDigits(random.nextInt())
        + hex.toHexDigits(random.nextLong())
        + ";Parent="
        + hex.toHexDigits(random.nextLong())
        + ";Sampled=0";
  }

  /** Tabs separate the fields of REPORT. */
  static String endAndReport(String requestId, int memorySizeMb, Report report) {
    String line =
        "END RequestId: "
            + requestId
            + "\nREPORT RequestId: "
            + requestId
            + "\tDuration: "
            + hundredths(report.durationMillis())
            + " ms\tBilled Duration: "
            + report.billedMillis()
            + " ms\tMemory Size: "
            + memorySizeMb
            + " MB\tMax Memory Used: "
            + report.maxMemoryMb()
            + " MB";
    return report.initMillis() == 0
        ? line
        : line + "\tInit Duration: " + hundredths(report.initMillis()) + " ms";
  }

  /** Two digits after the point, without what a format costs at every call's end. */
  private static String hundredths(double millis) {
    return BigDecimal.valueOf(Math.round(millis * 100), 2).toString();
  }

  static String initTimeout(double millis) {
    return "INIT_REPORT Init Duration: " + hundredths(millis) + " ms\tPhase: init\tStatus: timeout";
  }
}
