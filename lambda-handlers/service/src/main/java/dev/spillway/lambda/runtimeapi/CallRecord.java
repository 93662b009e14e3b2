package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Call;
import dev.spillway.lambda.function.FunctionService.Report;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.runtimeapi.ExecutionEnvironment.Cause;
import java.time.Instant;
import java.util.Optional;

/**
 * One call in one environment: when it began, where its log begins, and how its end is put.
 *
 * @param startedNanos {@link System#nanoTime()}
 * @param logStart offset of its START line
 */
record CallRecord(Call call, long startedNanos, long logStart, EnvironmentLog log) {
  /** What a result carries of the log; the file has all of it. */
  private static final int RESULT_LOG_BYTES_MAX = 256 << 10;

  /** What the environment knows beside: 0 for init when it was reported before. */
  record Figures(double initMillis, long peakKib, long storedMb) {}

  /** Writes START. */
  static CallRecord begin(Call call, EnvironmentLog log) {
    long startedNanos = System.nanoTime();
    return new CallRecord(call, startedNanos, log.append(start(call)), log);
  }

  /** A call whose environment never became ready: what the start wrote belongs to its log. */
  static CallRecord ofFailedStart(Call call, long startedNanos, EnvironmentLog log) {
    log.append(start(call));
    return new CallRecord(call, startedNanos, 0, log);
  }

  private static String start(Call call) {
    return "START RequestId: " + call.requestId() + " Version: " + call.revision().version();
  }

  double millis() {
    return (System.nanoTime() - startedNanos) / 1e6;
  }

  private int timeoutSeconds() {
    return call.revision().configuration().timeout();
  }

  /** The runtime answered, with a result or an error. */
  Result answered(byte[] payload, boolean failed, Figures figures) {
    return result(payload, failed, millis(), "", figures);
  }

  /**
   * The process ended before it answered.
   *
   * @param cause why we killed it, or null
   * @param initError what the runtime said of its initialisation, or null
   */
  Result died(
      Cause cause, WorkerProcesses.Exit exit, byte[] initError, Instant now, Figures figures) {
    String requestId = call.requestId();
    if (cause == Cause.TIMED_OUT) {
      String message = FunctionErrors.timedOut(now, requestId, timeoutSeconds());
      byte[] body = FunctionErrors.body(null, message);
      return result(body, true, timeoutSeconds() * 1000.0, message, figures);
    }
    if (initError != null) {
      return result(initError, true, millis(), "", figures);
    }
    if (cause == Cause.STORAGE_FULL) {
      String how =
          FunctionErrors.storageFull(
              figures.storedMb(), call.revision().configuration().ephemeralStorage());
      return exitError(how, figures);
    }
    String how = FunctionErrors.exited(exit.code());
    if (cause == Cause.OUT_OF_MEMORY) {
      how = FunctionErrors.killed();
    } else if (exit.code().isEmpty()) {
      how += ": " + exit.reason();
    }
    return exitError(how, figures);
  }

  private Result exitError(String how, Figures figures) {
    return result(
        FunctionErrors.exitError(call.requestId(), how),
        true,
        millis(),
        "RequestId: " + call.requestId() + " Error: " + how + "\nRuntime.ExitError",
        figures);
  }

  /** Writes END and REPORT, and takes the call's part of the log. */
  private Result result(
      byte[] payload, boolean failed, double millis, String remark, Figures figures) {
    Report report =
        new Report(
            millis,
            (long) Math.ceil(millis + figures.initMillis()),
            (int) Math.ceilDiv(figures.peakKib(), 1024),
            figures.initMillis());
    int memorySize = call.revision().configuration().memorySize();
    log.append(
        (remark.isEmpty() ? "" : remark + "\n")
            + Events.endAndReport(call.requestId(), memorySize, report));
    return new Result(
        call.requestId(),
        payload,
        failed ? Optional.of("Unhandled") : Optional.empty(),
        call.revision().version(),
        log.readFrom(logStart, RESULT_LOG_BYTES_MAX),
        report);
  }
}
