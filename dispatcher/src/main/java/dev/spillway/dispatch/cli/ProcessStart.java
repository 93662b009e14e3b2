package dev.spillway.dispatch.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** When this process began. */
final class ProcessStart {
  // USER_HZ, which Linux fixes for programs on all its architectures of today.
  private static final long TICKS_A_SECOND = 100;
  private static final int START_TIME_AFTER_NAME = 19;

  private ProcessStart() {}

  /**
   * Exact to about 10 ms on Linux. The JDK's own answer is not: it adds to the time of boot, of
   * which the kernel tells whole seconds only.
   */
  static Instant instant() {
    Instant now = Instant.now();
    return age(Path.of("/proc/uptime"), Path.of("/proc/self/stat"))
        .map(now::minus)
        .or(() -> ProcessHandle.current().info().startInstant())
        .orElse(now);
  }

  /** Time since boot less the process's start, which is in ticks since boot (proc(5)). */
  static Optional<Duration> age(Path uptime, Path stat) {
    try {
      String sinceBoot = Files.readString(uptime).split(" ")[0];
      String fields = Files.readString(stat);
      // The name before it may hold blanks and parentheses.
      String started =
          fields.substring(fields.lastIndexOf(')') + 2).split(" ")[START_TIME_AFTER_NAME];
      long millis =
          Math.round(Double.parseDouble(sinceBoot) * 1000)
              - Long.parseLong(started) * 1000 / TICKS_A_SECOND;
      return Optional.of(Duration.ofMillis(Math.max(0, millis)));
    } catch (IOException | RuntimeException _) {
      // Another system than Linux.
      return Optional.empty();
    }
  }
}
