package dev.spillway.dispatch.cli;

/** A command that ends with one clear sentence and an exit code. */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A task or function failed. */
  static final int FAILED = 1;

  /** Wrong usage, or input that was refused. */
  static final int REFUSED = 2;

  static final int NOT_REACHABLE = 3;
  static final int NOT_FOUND = 4;
  static final int NOT_AUTHORISED = 5;

  /** {@code --timeout} ran out. */
  static final int TIMED_OUT = 6;

  private final int exitCode;

  CommandFailure(int exitCode, String sentence) {
    super(sentence);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
