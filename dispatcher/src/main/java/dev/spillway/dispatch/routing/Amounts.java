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

  /** {@code $0.00019}, {@code $0.0036}, {@code $0.17}, {@code $1,234.50}: two digits that count. */
  public static String usd(double dollars) {
    if (dollars >= 1) {
      return String.format(Locale.ROOT, "$%,.2f", dollars);
    }
    if (dollars < 1e-9) {
      return "$0.00";
    }
    int zeros = (int) Math.floor(-Math.log10(dollars));
    return String.format(Locale.ROOT, "$%." + (zeros + 2) + "f", dollars);
  }

  /** {@code 3 %}, {@code 0.1 %}, {@code under 0.01 %}. */
  public static String percent(double share) {
    double percent = 100 * share;
    if (percent > 0 && percent < 0.01) {
      return "under 0.01 %";
    }
    return decimal(percent, percent < 0.1 ? 2 : percent < 10 ? 1 : 0) + " %";
  }

  /** A time in seconds, see {@link #time}. */
  public static String seconds(double seconds) {
    return time(Duration.ofMillis(Math.round(Math.min(seconds, 1e12) * 1000)));
  }

  /**
   * What can be compared down a column: {@code 4.2 s}, {@code 402 s}; over an hour {@link #time}.
   */
  public static String plain(double seconds) {
    return seconds < 3600 ? decimal(seconds, seconds < 20 ? 1 : 0) + " s" : seconds(seconds);
  }

  /** An estimate in one unit: {@code 7 s}, {@code 8 min}, {@code 3 h}, {@code 4 days}. */
  public static String about(double seconds) {
    Unit unit = Unit.of(seconds);
    return unit.count(seconds) + unit.word();
  }

  /**
   * {@code 12 to 18 s}, {@code 7 to 11 min}, {@code 5 s to 15 min}; one amount when both read the
   * same.
   */
  public static String range(double lowSeconds, double highSeconds) {
    Unit unit = Unit.of(highSeconds);
    if (lowSeconds < unit.seconds() && unit.seconds() > 1) {
      return about(lowSeconds) + " to " + about(highSeconds);
    }
    String low = unit.count(lowSeconds);
    String high = unit.count(highSeconds);
    return (low.equals(high) ? high : low + " to " + high) + unit.word();
  }

  /** The unit in which an estimate has one or two digits. */
  private record Unit(double seconds, String word) {
    static Unit of(double amount) {
      if (amount < 90) {
        return new Unit(1, " s");
      }
      if (amount < 90 * 60) {
        return new Unit(60, " min");
      }
      return amount < 48 * 3600 ? new Unit(3600, " h") : new Unit(86400, " days");
    }

    String count(double amount) {
      double units = amount / seconds;
      return decimal(units, units < 2 ? 1 : 0);
    }
  }

  private static String two(long big, String bigUnit, long small, String smallUnit) {
    return big + " " + bigUnit + (small == 0 ? "" : " " + small + " " + smallUnit);
  }

  private static String decimal(double number, int places) {
    String text = String.format(Locale.ROOT, "%." + places + "f", number);
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }
}
