package dev.spillway.lambda.wiring;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.CodeObjects;
import dev.spillway.lambda.function.FunctionPorts;
import dev.spillway.lambda.function.FunctionStore;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.LocalEnvironments;
import dev.spillway.lambda.runtimeapi.RuntimeClients;
import dev.spillway.lambda.runtimeapi.WorkerContainers;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Puts the function service together. */
public final class LocalFunctions {
  private LocalFunctions() {}

  /**
   * What of a service's surroundings differs from place to place.
   *
   * @param logOpened gets each environment's log file before its worker starts
   */
  public record Surroundings(
      WorkerProcesses processes,
      InstantSource clock,
      AmbientVariables ambient,
      FunctionStore store,
      CodeObjects objects,
      WorkerContainers containers,
      Consumer<Path> logOpened) {

    /** Functions that nobody keeps, without S3 and images. */
    public static Surroundings alone(
        WorkerProcesses processes,
        InstantSource clock,
        AmbientVariables ambient,
        Consumer<Path> logOpened) {
      return new Surroundings(
          processes,
          clock,
          ambient,
          FunctionStore.inMemory(),
          CodeObjects.NONE,
          WorkerContainers.NONE,
          logOpened);
    }
  }

  /** A service that is ready for {@code put} and {@code invoke}; it keeps no function. */
  public static LocalFunctionService open(
      LambdaSettings settings,
      WorkerProcesses processes,
      InstantSource clock,
      AmbientVariables ambient) {
    return open(settings, Surroundings.alone(processes, clock, ambient, _ -> {}));
  }

  /** The same in given surroundings. */
  public static LocalFunctionService open(LambdaSettings settings, Surroundings surroundings) {
    LambdaSettings absolute = settings.withAbsolutePaths();
    RuntimeClients clients = new RuntimeClients(absolute.runtimes());
    return new LocalFunctionService(
        absolute,
        LocalEnvironments.open(
            absolute,
            surroundings.processes(),
            surroundings.containers(),
            surroundings.clock(),
            clients,
            surroundings.ambient(),
            surroundings.logOpened()),
        new FunctionPorts(
            surroundings.store(),
            surroundings.objects(),
            surroundings.containers(),
            clients,
            surroundings.clock(),
            RandomGenerator.getDefault(),
            () -> UUID.randomUUID().toString()));
  }
}
