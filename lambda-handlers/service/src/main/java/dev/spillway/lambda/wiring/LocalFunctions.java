package dev.spillway.lambda.wiring;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.LocalEnvironments;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Puts the function service together. */
public final class LocalFunctions {
  private LocalFunctions() {}

  /** A service that is ready for {@code put} and {@code invoke}. */
  public static LocalFunctionService open(
      LambdaSettings settings,
      WorkerProcesses processes,
      InstantSource clock,
      AmbientVariables ambient) {
    return open(settings, processes, clock, ambient, _ -> {});
  }

  /**
   * The same.
   *
   * @param logOpened gets each environment's log file before its worker starts
   */
  public static LocalFunctionService open(
      LambdaSettings settings,
      WorkerProcesses processes,
      InstantSource clock,
      AmbientVariables ambient,
      Consumer<Path> logOpened) {
    LambdaSettings absolute = settings.withAbsolutePaths();
    return new LocalFunctionService(
        absolute, LocalEnvironments.open(absolute, processes, clock, ambient, logOpened), clock);
  }
}
