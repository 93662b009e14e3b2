package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.Call;
import dev.spillway.lambda.function.Revision;
import dev.spillway.lambda.runtimeapi.WorkerProcesses.Exit;
import dev.spillway.lambda.runtimeapi.WorkerProcesses.Worker;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what an environment consists of: its log, its scratch folder, its Runtime API, its command.
 *
 * <p>{@code logs/functions/<name>/<date>/<32 hex>.log}, {@code functions/<name>/tmp/<id>/}.
 */
final class EnvironmentStarter {
  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentStarter.class);

  private static final Duration AFTER_DEATH = Duration.ofSeconds(1);

  private final LambdaSettings settings;
  private final Surroundings surroundings;
  private final WorkerLaunch launch;
  private final WorkerContainers containers;
  private final StartCache startCache;
  private final Consumer<Path> logOpened;
  private final Map<String, Set<Revision>> living = new ConcurrentHashMap<>();

  /**
   * @param logOpened gets each log file before its worker starts
   */
  EnvironmentStarter(
      LambdaSettings settings,
      Surroundings surroundings,
      WorkerLaunch launch,
      WorkerContainers containers,
      Consumer<Path> logOpened) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.launch = launch;
    this.containers = containers;
    this.startCache = new StartCache(settings, surroundings, launch);
    this.logOpened = logOpened;
  }

  /** An environment that only has to be started. */
  final class Prepared {
    private final ExecutionEnvironment environment;
    private final RuntimeApiServer server;
    private final EnvironmentLog log;
    private final Function<Consumer<Exit>, Worker> launch;

    private Prepared(
        ExecutionEnvironment environment,
        RuntimeApiServer server,
        EnvironmentLog log,
        Function<Consumer<Exit>, Worker> launch) {
      this.environment = environment;
      this.server = server;
      this.log = log;
      this.launch = launch;
    }

    ExecutionEnvironment environment() {
      return environment;
    }

    void start(boolean insideTimeout) {
      environment.start(server, launch, insideTimeout);
    }

    void discard() {
      server.close();
      log.close();
      cleanUp(environment);
    }
  }

  Optional<String> obstacle(Revision revision) {
    return launch.obstacle(revision);
  }

  void living(String functionName, Set<Revision> revisions) {
    living.put(functionName, Set.copyOf(revisions));
  }

  /** True when newer code or configuration has taken this one's place, or it was deleted. */
  boolean isDrained(Revision revision) {
    Set<Revision> known = living.get(revision.functionName());
    return known != null && !known.contains(revision);
  }

  Prepared prepare(
      Call call, Consumer<ExecutionEnvironment> ready, Consumer<ExecutionEnvironment> ended)
      throws IOException {
    Revision revision = call.revision();
    String name = revision.functionName();
    String hex = UUID.randomUUID().toString().replace("-", "");
    String id = "fn-" + name + "-" + hex.substring(0, 12);
    LocalDate today = LocalDate.ofInstant(surroundings.clock().instant(), ZoneOffset.UTC);
    Path file =
        settings
            .dataDirectory()
            .resolve("logs/functions")
            .resolve(name)
            .resolve(today.toString())
            .resolve(hex + ".log");
    String stream = today.toString().replace('-', '/') + "/[" + revision.version() + "]" + hex;
    Path scratch = scratch(name, id);
    EnvironmentLog log = EnvironmentLog.open(file);
    logOpened.accept(file);
    ExecutionEnvironment environment =
        new ExecutionEnvironment(
            id,
            revision,
            call,
            log,
            surroundings,
            new WorkerWatch(revision, scratch, surroundings.memorySlackMb()),
            new ExecutionEnvironment.Owner() {
              @Override
              public void ready(ExecutionEnvironment one) {
                ready.accept(one);
              }

              @Override
              public void ended(ExecutionEnvironment one) {
                ended.accept(one);
              }
            });
    boolean container = revision.configuration().details().imageUri().isPresent();
    CompletableFuture<InetAddress> address = new CompletableFuture<>();
    RuntimeApiServer server;
    try {
      server =
          container
              ? RuntimeApiServer.open(id, environment, containers.gateway().orElseThrow(), address)
              : RuntimeApiServer.open(id, environment);
    } catch (IOException e) {
      log.close();
      cleanUp(environment);
      throw e;
    }
    WorkerLaunch.Place place = new WorkerLaunch.Place(id, scratch, file, stream);
    if (container) {
      WorkerContainers.Start start = launch.container(revision, place, server.address());
      return new Prepared(
          environment, server, log, onExit -> containers.start(start, address::complete, onExit));
    }
    WorkerProcesses.Start start =
        launch.start(
            revision, place, server.address(), startCache.use(revision, scratchParent(name)));
    return new Prepared(
        environment, server, log, onExit -> surroundings.processes().start(start, onExit));
  }

  private Path scratch(String functionName, String id) throws IOException {
    Path parent = scratchParent(functionName);
    Files.createDirectories(parent);
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
    return Files.createDirectories(parent.resolve(id));
  }

  private Path scratchParent(String functionName) {
    return settings.dataDirectory().resolve("functions").resolve(functionName).resolve("tmp");
  }

  /** Deletes the scratch folder of an environment that has ended. */
  void cleanUp(ExecutionEnvironment environment) {
    Path scratch = scratchParent(environment.revision().functionName()).resolve(environment.id());
    try {
      Leftovers.deleteTree(scratch);
    } catch (IOException stillWriting) {
      // Processes below the worker die a moment later than it and may still add files.
      surroundings.after(AFTER_DEATH, () -> cleanUpAgain(scratch));
    }
  }

  private static void cleanUpAgain(Path scratch) {
    try {
      Leftovers.deleteTree(scratch);
    } catch (IOException e) {
      LOG.warn("scratch folder {} could not be deleted: {}", scratch, e.toString());
    }
  }

  void close() {
    startCache.close();
    living.clear();
  }
}
