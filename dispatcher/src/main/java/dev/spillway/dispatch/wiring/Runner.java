package dev.spillway.dispatch.wiring;

import com.github.dockerjava.api.exception.DockerException;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.docker.DataFolderId;
import dev.spillway.batch.execution.docker.DockerEngine;
import dev.spillway.batch.execution.docker.DockerExecutor;
import dev.spillway.batch.execution.docker.DockerNetwork;
import dev.spillway.batch.execution.process.ProcessExecutor;
import dev.spillway.batch.execution.process.ProcessSupervisor;
import dev.spillway.lambda.runtimeapi.WorkerContainers;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Where jobs run, chosen once at the start.
 *
 * @param description for the ready line, {@code docker 20.10.24} or {@code process (...)}
 * @param gateway where containers reach this server; empty when jobs are processes
 * @param workers of functions that are images
 * @param leave gives back what the choice took
 */
record Runner(
    Executor executor,
    String description,
    Optional<InetAddress> gateway,
    WorkerContainers workers,
    Runnable leave) {

  /**
   * Chooses by the setting {@code runner}.
   *
   * @throws IllegalStateException when docker is asked for and no engine answers
   */
  static Runner choose(
      BatchSettings settings,
      Optional<DockerEngine> engine,
      ProcessSupervisor supervisor,
      Endpoints ambient,
      InstantSource clock) {
    if (engine.isPresent()) {
      DataFolderId folder = DataFolderId.of(settings.dataDirectory());
      DockerNetwork network = DockerNetwork.ensure(engine.get(), folder);
      DockerWorkers workers = new DockerWorkers(engine.get(), network, folder, ambient);
      return new Runner(
          new DockerExecutor(settings, engine.get(), network, folder, ambient, clock),
          "docker " + engine.get().version(),
          Optional.of(network.gateway()),
          workers,
          () -> leave(engine.get(), network, workers));
    }
    return new Runner(
        new ProcessExecutor(settings, supervisor, ambient, clock),
        "process (" + supervisor.strength().text() + ")",
        Optional.empty(),
        WorkerContainers.NONE,
        () -> {});
  }

  /** An engine has room for some thirty networks: one that no container is on is taken away. */
  private static void leave(DockerEngine engine, DockerNetwork network, DockerWorkers workers) {
    workers.close();
    try {
      network.remove(engine);
    } catch (DockerException _) {
      // Jobs run on it. The next server finds it, and them.
    }
    engine.close();
  }

  /** The engine to use; empty means processes. */
  static Optional<DockerEngine> engine(String setting) {
    if (setting.equals("process")) {
      return Optional.empty();
    }
    Optional<DockerEngine> engine = DockerEngine.find();
    if (engine.isEmpty() && setting.equals("docker")) {
      throw new IllegalStateException(
          "runner is docker, and no Docker engine answers. Start one (or set DOCKER_HOST), or run"
              + " jobs as processes with --runner process.");
    }
    return engine;
  }
}
