package dev.spillway.handlers.pause;

import dev.spillway.handlers.workload.Workload;
import dev.spillway.handlers.workload.WorkloadHandler;
import io.micronaut.core.annotation.Introspected;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;

/** Waits as long as it is told and says so. */
@Workload("pause")
@Introspected
public class PauseHandler extends WorkloadHandler<PauseRequest, PauseResult> {
  public PauseHandler() {
    super(PauseRequest.class);
  }

  @Override
  protected PauseResult run(PauseRequest request) throws IOException {
    long start = System.nanoTime();
    try {
      Thread.sleep(Duration.ofMillis(Math.round(request.seconds() * 1000)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the pause was interrupted");
    }
    double waited = Math.round((System.nanoTime() - start) / 1e6) / 1000.0;
    return new PauseResult(request.seconds(), waited);
  }
}
