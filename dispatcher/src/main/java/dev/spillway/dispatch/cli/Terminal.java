package dev.spillway.dispatch.cli;

/** Whether someone watches standard output. */
final class Terminal {
  private Terminal() {}

  static boolean isOne() {
    return System.console() != null && System.console().isTerminal();
  }
}
