package dev.spillway.dispatch.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether someone watches standard output, and through how large a window. */
final class Terminal {
  private static final Pattern STTY = Pattern.compile("(\\d{1,4}) (\\d{1,4})\\s*");
  private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,3}");

  private Terminal() {}

  /** What fits on it, in characters. */
  record Size(int rows, int columns) {
    /** What a terminal had when they were machines; nearly every one now has more. */
    static final Size USUAL = new Size(24, 80);
  }

  static boolean isOne() {
    return System.console() != null && System.console().isTerminal();
  }

  /** Neither --no-color nor NO_COLOR (no-color.org: any value but an empty one) says no. */
  static boolean coloured(boolean noColor) {
    String wish = System.getenv("NO_COLOR");
    return !noColor && (wish == null || wish.isEmpty());
  }

  /** Its size now: a window may be made larger or smaller at any time. */
  static Size size() {
    return size(System.getenv(), stty());
  }

  /** What COLUMNS and LINES say, else what stty says, else the usual one. */
  static Size size(Map<String, String> environment, String stty) {
    Matcher said = STTY.matcher(stty);
    boolean known = said.matches() && !said.group(1).equals("0") && !said.group(2).equals("0");
    return new Size(
        number(environment.get("LINES"), known ? said.group(1) : "", Size.USUAL.rows()),
        number(environment.get("COLUMNS"), known ? said.group(2) : "", Size.USUAL.columns()));
  }

  private static int number(String wish, String measured, int usual) {
    if (wish != null && NUMBER.matcher(wish).matches()) {
      return Integer.parseInt(wish);
    }
    return measured.isEmpty() ? usual : Integer.parseInt(measured);
  }

  private static String stty() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(1, TimeUnit.SECONDS)) {
        stty.destroyForcibly();
        return "";
      }
      return new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException _) {
      // No terminal, or no stty.
      return "";
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
