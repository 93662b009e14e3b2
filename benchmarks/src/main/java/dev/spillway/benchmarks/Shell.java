package dev.spillway.benchmarks;

import java.io.IOException;
import java.util.List;

/** Commands that set the stage, or that are measured against. */
final class Shell {
  private Shell() {}

  /** Waits for its end; an exit code other than 0 is an exception. */
  static void run(String command) throws IOException {
    Process process =
        new ProcessBuilder(List.of("sh", "-c", command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("failed: " + command);
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    }
  }
}
