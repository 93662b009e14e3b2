package dev.spillway.dispatch.cli;

/** What is said on standard error when Ctrl-C ends a command that watches; the work goes on. */
final class Detach implements AutoCloseable {
  private final Thread hook;

  private Detach(Thread hook) {
    this.hook = hook;
  }

  /** Says the words if the process is stopped before {@link #close}; exit code 130 is the JVM's. */
  static Detach saying(String words) {
    Thread hook = new Thread(() -> System.err.println("\nspillway: " + words), "detach");
    Runtime.getRuntime().addShutdownHook(hook);
    return new Detach(hook);
  }

  /** How to come back to a task's end. */
  static Detach from(String command, ClientOptions client) {
    return saying(
        "detached; the work goes on. Come back with: spillway "
            + command
            + (client.server == null ? "" : " --server " + client.server));
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The process is being stopped: the words are said.
    }
  }
}
