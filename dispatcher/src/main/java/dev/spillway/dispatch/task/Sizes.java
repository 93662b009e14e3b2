package dev.spillway.dispatch.task;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads sizes such as {@code 512 MiB}. MB and GB are read as MiB and GiB, as Lambda does; a number
 * without a unit is no size.
 */
final class Sizes {
  private Sizes() {}

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,12}(?:\\.\\d{1,6})?)\\s*(MiB|GiB|TiB|MB|GB|TB)");
  private static final Map<String, Long> MIB =
      Map.of("MiB", 1L, "MB", 1L, "GiB", 1024L, "GB", 1024L, "TiB", 1048576L, "TB", 1048576L);

  /** MiB, rounded up; empty when it is not a size of 1 MiB or more. */
  static OptionalLong mib(String text) {
    Matcher size = SIZE.matcher(text.strip());
    if (!size.matches()) {
      return OptionalLong.empty();
    }
    long mib =
        new BigDecimal(size.group(1))
            .multiply(BigDecimal.valueOf(MIB.get(size.group(2))))
            .setScale(0, RoundingMode.CEILING)
            .longValue();
    return mib < 1 || mib > 64L * 1048576 ? OptionalLong.empty() : OptionalLong.of(mib);
  }
}
