package dev.spillway.batch.engine;

/** The engine cannot take a command now; nothing was changed by it. */
public final class EngineBusyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean overloaded;

  private EngineBusyException(boolean overloaded, String message) {
    super(message);
    this.overloaded = overloaded;
  }

  static EngineBusyException full(int limit) {
    return new EngineBusyException(
        true, "Too Many Requests: %d commands wait already; try again".formatted(limit));
  }

  public static EngineBusyException notRunning() {
    return new EngineBusyException(false, "The Batch engine is not running; try again later");
  }

  /** True: too many commands wait. False: the engine starts, stops or has failed. */
  public boolean overloaded() {
    return overloaded;
  }
}
