package dev.spillway.dispatch.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the machine that this runs on. */
public final class HostFacts {

  private static final Pattern TOTAL = Pattern.compile("MemTotal: +([0-9]+) kB");

  private HostFacts() {}

  /** Environment, folders, cores and memory of this process. */
  public static Configuration.Host read() {
    Path home = Path.of(System.getProperty("user.home"));
    return new Configuration.Host(
        System.getenv(),
        Path.of("").toAbsolutePath(),
        home,
        !System.getProperty("user.name").equals("root") || open(home),
        Runtime.getRuntime().availableProcessors(),
        memoryMib());
  }

  /**
   * From the kernel's own account: the management beans would cost a tenth of a second at start.
   */
  private static long memoryMib() {
    try {
      Matcher total = TOTAL.matcher(Files.readString(Path.of("/proc/meminfo")));
      if (total.find()) {
        return Long.parseLong(total.group(1)) / 1024;
      }
    } catch (IOException _) {
      // Not Linux: the JVM's share of the memory is the next best figure, a quarter by default.
    }
    return Runtime.getRuntime().maxMemory() * 4 / (1024 * 1024);
  }

  private static boolean open(Path folder) {
    try {
      return Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_EXECUTE);
    } catch (IOException | UnsupportedOperationException _) {
      return false;
    }
  }
}
