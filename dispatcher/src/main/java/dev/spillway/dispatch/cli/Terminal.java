package dev.spillway.dispatch.cli;

/** Whether someone watches standard output. */
final class Terminal {
  private Terminal() {}

  static boolean isOne() {
    return System.console() != null && System.console().isTerminal();
  }

  /** Neither --no-color nor NO_COLOR (no-color.org: any value but an empty one) says no. */
  static boolean coloured(boolean noColor) {
    String wish = System.getenv("NO_COLOR");
    return !noColor && (wish == null || wish.isEmpty());
  }
}
