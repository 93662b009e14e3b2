package dev.spillway.batch.execution;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.execution.docker.DataFolderId;
import dev.spillway.batch.execution.docker.DockerEngine;
import dev.spillway.batch.execution.docker.DockerExecutor;
import dev.spillway.batch.execution.docker.DockerNetwork;
import dev.spillway.batch.execution.process.ProcessExecutor;
import dev.spillway.batch.execution.process.ProcessSupervisor;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which executor this server runs attempts with, decided once at start by {@link
 * BatchSettings#runner}.
 *
 * <p>Shape: two steps, because the server binds a listener on the network's gateway before the
 * ambient environment of attempts (its address in it) can be told. <br>
 * Errors: {@link IllegalArgumentException} for an unknown runner, {@link IllegalStateException}
 * when Docker is demanded and does not answer; each message is one line for the user.
 */
public final class ExecutorChoice implements AutoCloseable {

  /** A Docker engine with our network on it. */
  private record Docker(DockerEngine engine, DockerNetwork network, DataFolderId folder) {}

  private final BatchSettings settings;
  private final Optional<Docker> docker;

  private ExecutorChoice(BatchSettings settings, Optional<Docker> docker) {
    this.settings = settings;
    this.docker = docker;
  }

  /** Looks for what the settings ask for; {@code auto} takes Docker where it answers. */
  public static ExecutorChoice of(BatchSettings settings) {
    return switch (settings.runner()) {
      case "process" -> new ExecutorChoice(settings, Optional.empty());
      case "auto" ->
          new ExecutorChoice(settings, DockerEngine.find().map(one -> on(one, settings)));
      case "docker" ->
          new ExecutorChoice(
              settings,
              Optional.of(on(DockerEngine.find().orElseThrow(ExecutorChoice::noEngine), settings)));
      default ->
          throw new IllegalArgumentException(
              "runner is \"" + settings.runner() + "\"; it is docker, process or auto");
    };
  }

  private static Docker on(DockerEngine engine, BatchSettings settings) {
    DataFolderId folder = DataFolderId.of(settings.dataDirectory());
    return new Docker(engine, DockerNetwork.ensure(engine, folder), folder);
  }

  private static IllegalStateException noEngine() {
    return new IllegalStateException(
        "runner is docker, and no Docker engine answers at "
            + Optional.ofNullable(System.getenv("DOCKER_HOST"))
                .orElse("unix:///var/run/docker.sock")
            + "; start it, set DOCKER_HOST, or serve with --runner process");
  }

  /** For the ready line: {@code docker 20.10.24}, {@code process}. */
  public String description() {
    return docker.map(one -> "docker " + one.engine().version()).orElse("process");
  }

  /** The network that attempts join; empty for processes, which share the host's. */
  public Optional<DockerNetwork> network() {
    return docker.map(Docker::network);
  }

  /** The executor chosen; {@code supervisor} is asked for only where processes are run. */
  public Executor executor(
      Supplier<ProcessSupervisor> supervisor, AmbientEnvironment ambient, InstantSource clock) {
    if (docker.isEmpty()) {
      return new ProcessExecutor(settings, supervisor.get(), ambient, clock);
    }
    Docker one = docker.get();
    return new DockerExecutor(settings, one.engine(), one.network(), one.folder(), ambient, clock);
  }

  /** Ends the connection to the engine; after the executor is closed. */
  @Override
  public void close() {
    docker.ifPresent(one -> one.engine().close());
  }
}
