package dev.spillway.lambda.runtimeapi;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Port: starts the processes that poll the Runtime API. */
public interface WorkerProcesses {

  /**
   * One worker.
   *
   * @param environment all of it: nothing of the server's own is inherited
   * @param output file that gets standard output and standard error, appended
   */
  record Start(
      String id,
      List<String> command,
      Map<String, String> environment,
      Path workingDirectory,
      Path output) {}

  /** A worker that was asked for. */
  interface Worker {
    /** Empty until it runs. */
    OptionalInt pid();

    /** Kills its whole process group; harmless when it has ended. */
    void kill();

    /** It has asked for its first event. Returns at once. */
    default void ready() {}

    /** Waits a moment where its output comes to the file later than it was written. */
    default void settle() {}
  }

  /** Exit code, 128 + signal when a signal ended it; empty when it could not be started. */
  record Exit(OptionalInt code, String reason) {}

  /** Starts a worker; {@code onExit} is called exactly once. */
  Worker start(Start start, Consumer<Exit> onExit);
}
