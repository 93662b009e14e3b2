package dev.spillway.dispatch.routing;

import java.time.Duration;
import java.util.Locale;

/** Writes amounts as people read them. */
public final class Amounts {
  private Amounts() {}

  /** {@code 49,152 MiB}. */
  public static String mib(long mib) {
    return count(mib) + " MiB";
  }

  /** {@code 12,000}. */
  public static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** {@code 1 vCPU}, {@code 0.29 vCPUs}. */
  public static String vcpus(double vcpus) {
    return decimal(vcpus, 2) + (vcpus == 1 ? " vCPU" : " vCPUs");
  }

  /** {@code 0.9 s}, {@code 42 s}, {@code 8 min 12 s}, {@code 2 h 10 min}. */
  public static String time(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      double exact = duration.toMillis() / 1000.0;
      return decimal(exact, seconds < 20 ? 1 : 0) + " s";
    }
    if (seconds < 3600) {
      return two(seconds / 60, "min", seconds % 60, "s");
    }
    if (seconds < 2 * 86400) {
      return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
    }
    return two(seconds / 86400, "days", seconds % 86400 / 3600, "h");
  }

  private static String two(long big, String bigUnit, long small, String smallUnit) {
    return big + " " + bigUnit + (small == 0 ? "" : " " + small + " " + smallUnit);
  }

  private static String decimal(double number, int places) {
    String text = String.format(Locale.ROOT, "%." + places + "f", number);
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }
}
