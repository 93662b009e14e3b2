package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.Revision;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JDK AOT caches of functions: {@code functions/<name>/<hash>-<fingerprint>.aot}.
 *
 * <p>Some seconds after a function's first start one more worker is started, at the lowest
 * priority, and ended when it asks for its first event: the JVM then writes what it loaded. No
 * event is delivered to it. Later starts take about a third of the time. A cache that does not fit
 * is ignored by the JVM; one that cannot be made costs nothing but the attempt.
 *
 * <p>Source: JEP 514, JEP 483.
 */
final class StartCache implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StartCache.class);

  /** Leaves the first calls alone. */
  private static final Duration AFTER_FIRST_START = Duration.ofSeconds(3);

  private static final Duration INIT_MAX = Duration.ofMinutes(1);
  private static final Duration WRITE_MAX = Duration.ofMinutes(3);
  private static final String OUTPUT = "start.aot";

  private final LambdaSettings settings;
  private final Surroundings surroundings;
  private final WorkerLaunch launch;
  private final Set<Path> wanted = ConcurrentHashMap.newKeySet();
  private final ReentrantLock oneAtATime = new ReentrantLock();
  private volatile WorkerProcesses.Worker training;
  private volatile boolean closed;

  StartCache(LambdaSettings settings, Surroundings surroundings, WorkerLaunch launch) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.launch = launch;
  }

  /** How a JVM of this revision is to be started now; asks for a cache when there is none. */
  WorkerLaunch.JavaStart use(Revision revision, Path scratchParent) {
    ClassPath classPath = new ClassPath(revision, settings.runtimeInterfaceClient());
    if (!fits(revision)) {
      return new WorkerLaunch.JavaStart(List.of(), classPath.plain());
    }
    Path cache = file(revision, classPath);
    if (Files.isReadable(cache)) {
      return new WorkerLaunch.JavaStart(
          // A cache that does not fit must not speak into the function's log.
          List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off"),
          classPath.withCache());
    }
    if (wanted.add(revision.taskRoot())) {
      surroundings.after(AFTER_FIRST_START, () -> make(revision, classPath, scratchParent));
    }
    return new WorkerLaunch.JavaStart(List.of(), classPath.plain());
  }

  /** Options that the user gives to the JVM may not go together with a cache. */
  private boolean fits(Revision revision) {
    return settings.startCache()
        && revision.configuration().runtime().startsWith("java")
        && !revision.configuration().environment().containsKey("JAVA_TOOL_OPTIONS")
        && !revision.configuration().environment().containsKey("JDK_JAVA_OPTIONS");
  }

  private Path file(Revision revision, ClassPath classPath) {
    String taskRoot = revision.taskRoot().getFileName().toString();
    String fingerprint;
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      Path release = settings.javaHome().resolve("release");
      digest.update(Files.exists(release) ? Files.readAllBytes(release) : new byte[0]);
      digest.update(classPath.forCache().getBytes(StandardCharsets.UTF_8));
      digest.update(revision.configuration().handler().getBytes(StandardCharsets.UTF_8));
      fingerprint = HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException | IOException e) {
      throw new IllegalStateException("fingerprint of " + settings.javaHome(), e);
    }
    return revision.taskRoot().resolveSibling(taskRoot + "-" + fingerprint + ".aot");
  }

  private void make(Revision revision, ClassPath classPath, Path scratchParent) {
    oneAtATime.lock();
    Path scratch = scratchParent.resolve("cache-" + UUID.randomUUID());
    try {
      if (closed) {
        return;
      }
      classPath.makeCodeJar();
      Files.createDirectories(scratch);
      train(revision, classPath, scratch);
      Optional<Path> made = install(scratch.resolve(OUTPUT), file(revision, classPath));
      LOG.info(
          "function={} start cache {}",
          revision.functionName(),
          made.map(path -> "made: " + path.getFileName()).orElse("could not be made"));
    } catch (IOException | RuntimeException e) {
      LOG.info("function={} has no start cache: {}", revision.functionName(), e.toString());
    } finally {
      oneAtATime.unlock();
      deleteQuietly(scratch);
    }
  }

  private void train(Revision revision, ClassPath classPath, Path scratch) throws IOException {
    String id = "fn-" + revision.functionName() + "-" + scratch.getFileName();
    Path output = Files.createFile(scratch.resolve("output.log"));
    CompletableFuture<WorkerProcesses.Exit> exit = new CompletableFuture<>();
    Training session = new Training(exit);
    try (RuntimeApiServer server = RuntimeApiServer.open(id, session)) {
      WorkerLaunch.JavaStart java =
          new WorkerLaunch.JavaStart(
              List.of("-XX:AOTCacheOutput=" + scratch.resolve(OUTPUT)), classPath.forCache());
      WorkerProcesses.Start start =
          launch.startInBackground(
              revision,
              new WorkerLaunch.Place(id, scratch, output, "start-cache"),
              server.address(),
              java);
      WorkerProcesses.Worker worker = surroundings.processes().start(start, exit::complete);
      training = worker;
      try {
        if (await(session.loaded, INIT_MAX) && !closed && worker.pid().isPresent()) {
          ProcessHandle.of(worker.pid().getAsInt()).ifPresent(ProcessHandle::destroy);
          await(exit, WRITE_MAX);
        }
      } finally {
        worker.kill();
        await(exit, Duration.ofSeconds(5));
        training = null;
      }
    }
  }

  private static boolean await(CompletableFuture<?> future, Duration most) {
    try {
      future.get(most.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Takes the file from a folder that the worker's user owns: links are not followed. */
  private static Optional<Path> install(Path made, Path target) throws IOException {
    if (!Files.isRegularFile(made, LinkOption.NOFOLLOW_LINKS) || Files.size(made) == 0) {
      return Optional.empty();
    }
    Path temporary = target.resolveSibling("." + UUID.randomUUID());
    try (InputStream in = Files.newInputStream(made, LinkOption.NOFOLLOW_LINKS)) {
      Files.copy(in, temporary);
    }
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
    return Optional.of(Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE));
  }

  private static void deleteQuietly(Path scratch) {
    try {
      Leftovers.deleteTree(scratch);
    } catch (IOException e) {
      LOG.debug("{} is left to the next start: {}", scratch, e.toString());
    }
  }

  @Override
  public void close() {
    closed = true;
    WorkerProcesses.Worker running = training;
    if (running != null) {
      running.kill();
    }
  }

  /** Waits for the runtime to be ready, and never gives it anything to do. */
  private static final class Training implements RuntimeApiServer.Session {
    final CompletableFuture<Void> loaded = new CompletableFuture<>();

    Training(CompletableFuture<WorkerProcesses.Exit> exit) {
      exit.thenRun(() -> loaded.complete(null));
    }

    @Override
    public void next(RuntimeApiServer.Waiting runtime) {
      loaded.complete(null);
    }

    @Override
    public void gone(RuntimeApiServer.Waiting runtime) {
      // Its end tells the rest.
    }

    @Override
    public void response(String requestId, byte[] payload) throws Refusal {
      throw refused();
    }

    @Override
    public void oversize(String requestId) throws Refusal {
      throw refused();
    }

    @Override
    public void error(String requestId, String errorType, byte[] body) throws Refusal {
      throw refused();
    }

    @Override
    public void initError(String errorType, byte[] body) {
      // It ends by itself; what it loaded until then is worth keeping too.
    }

    private static Refusal refused() {
      return new Refusal(403, "InvalidStateTransition", "There is nothing to do");
    }
  }
}
