package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.Environments;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Puts the pool and what it needs together. */
public final class LocalEnvironments {
  private LocalEnvironments() {}

  /** Settings with absolute paths: workers run in folders of their own. */
  public static Environments open(
      LambdaSettings settings,
      WorkerProcesses processes,
      WorkerContainers containers,
      InstantSource clock,
      RuntimeClients clients,
      AmbientVariables ambient,
      Consumer<Path> logOpened) {
    Leftovers.removeScratch(settings.dataDirectory());
    Surroundings surroundings = new Surroundings(settings, processes, clock);
    NativeLibrary nativeLibrary =
        NativeLibrary.unpack(
            settings.runtimeInterfaceClient(),
            settings.dataDirectory().resolve("functions/.runtime"));
    WorkerLaunch launch = new WorkerLaunch(settings, nativeLibrary, clients, ambient, containers);
    EnvironmentStarter starter =
        new EnvironmentStarter(settings, surroundings, launch, containers, logOpened);
    EnvironmentPool pool = new EnvironmentPool(settings, surroundings, starter);
    new Leftovers(settings, surroundings).removeOldLogsDaily();
    return pool;
  }
}
