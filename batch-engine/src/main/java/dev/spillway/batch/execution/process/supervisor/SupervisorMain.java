package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The process that forks jobs and function workers and outlives the server that asked for them.
 *
 * <p>{@code SupervisorMain FOLDER [quietMillis=60000] [sync=true] [user=65534:65534]
 * [cgroups=/sys/fs/cgroup] [privateTmp=true] [limits=true] [reach=FOLDER]...}. One per folder: it
 * holds {@code lock}, {@code socket} (or {@code address}, naming it, where the path is too long),
 * {@code records} and {@code supervisor.log}. It ends by itself when it has had no process, no
 * unforgotten record and no client for the quiet time.
 */
public final class SupervisorMain {
  /** A Unix-domain socket's path has 108 bytes with its end. */
  private static final int SOCKET_PATH_BYTES_MAX = 100;

  private static final int CANNOT_START = 78;

  private static final Duration LOOK = Duration.ofMillis(100);

  /**
   * What the forking threads use. Loaded while they are still root: the class path may lie where
   * the job user cannot read.
   */
  private static final List<Class<?>> NEEDED_WITHOUT_ROOT =
      List.of(
          Children.Change.Began.class,
          Children.Change.Failed.class,
          Children.Change.Finished.class,
          Children.Child.class,
          Fork.Image.class,
          Libc.class,
          ProcessSupervisor.Excess.class,
          ProcessSupervisor.Limits.class,
          Slot.Work.class,
          Usher.Expected.class,
          Status.Ended.class,
          Status.NotStarted.class,
          Status.Running.class);

  private final Path folder;
  private final Duration quiet;
  private final Children children;
  private final Preparation preparation;
  private final Spawner spawner;
  private final Enclosures enclosures;
  private final List<Connection> connections = new CopyOnWriteArrayList<>();

  private SupervisorMain(
      Path folder,
      Duration quiet,
      Children children,
      Preparation preparation,
      Spawner spawner,
      Enclosures enclosures) {
    this.folder = folder;
    this.quiet = quiet;
    this.children = children;
    this.preparation = preparation;
    this.spawner = spawner;
    this.enclosures = enclosures;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    Path folder = Path.of(args[0]).toAbsolutePath();
    Map<String, String> options = new HashMap<>();
    List<Path> reach = new ArrayList<>();
    for (String option : List.of(args).subList(1, args.length)) {
      int equals = option.indexOf('=');
      String name = option.substring(0, equals);
      String value = option.substring(equals + 1);
      if (name.equals("reach")) {
        reach.add(Path.of(value));
      } else {
        options.put(name, value);
      }
    }
    try (var lockFile =
            FileChannel.open(
                folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock()) {
      if (lock == null) {
        return; // One is here already; whoever started this one connects to it.
      }
      NEEDED_WITHOUT_ROOT.forEach(SupervisorMain::load);
      Libc.umask(022);
      Libc.becomeSubreaper();
      boolean root = Libc.effectiveUser() == 0;
      Optional<JobUser> user =
          Optional.of(options.getOrDefault("user", JobUser.NOBODY.toString()))
              .filter(_ -> root)
              .map(JobUser::parse);
      ExitRecords.Opened opened = ExitRecords.open(folder.resolve("records"));
      var children = new Children(opened.records(), InstantSource.system());
      var preparation = new Preparation(user);
      var enclosures = new Enclosures(folder, Isolation.of(options), user, reach);
      var spawner = new Spawner(folder, children, enclosures, user);
      var supervisor =
          new SupervisorMain(
              folder,
              Duration.ofMillis(Long.parseLong(options.getOrDefault("quietMillis", "60000"))),
              children,
              preparation,
              spawner,
              enclosures);
      List<Enclosure> left = new ArrayList<>(enclosures.leftBehind().values());
      Consumer<Enclosure> remove = one -> spawner.cleanUp(one, one::remove);
      children.resume(opened.latest(), left, remove);
      left.forEach(remove);
      try {
        spawner.start();
      } catch (CompletionException e) {
        System.err.println(e.getCause().getMessage());
        System.exit(CANNOT_START);
      }
      Thread.ofPlatform().name("sweep").daemon().start(() -> orDie(children::sweep));
      boolean sync = Boolean.parseBoolean(options.getOrDefault("sync", "true"));
      var recorder =
          new Recorder(children, opened.records(), preparation, sync, supervisor.connections);
      Thread.ofPlatform().name("record").daemon().start(() -> orDie(recorder::run));
      if (enclosures.holdsLimits()) {
        var watch = new Watch(children, !enclosures.holdsMemory());
        Thread.ofPlatform().name("watch").daemon().start(() -> orDie(watch::run));
      }
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    spawner.close();
                    enclosures.close();
                  }));
      supervisor.serve();
      opened.records().close();
    }
  }

  private static void load(Class<?> needed) {
    try {
      Class.forName(needed.getName(), true, needed.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private void serve() throws IOException, InterruptedException {
    Path socket = socketPath();
    Files.deleteIfExists(socket);
    try (var listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      Thread.ofPlatform().name("accept").daemon().start(() -> orDie(() -> accept(listening)));
      untilQuiet();
    } finally {
      Files.deleteIfExists(socket);
      if (!socket.startsWith(folder)) {
        Files.deleteIfExists(socket.getParent());
      }
    }
  }

  /**
   * In the folder where it fits, else in a private folder of its own that {@code address} names.
   */
  private Path socketPath() throws IOException {
    Path inFolder = folder.resolve("socket");
    Path address = folder.resolve("address");
    Path socket = inFolder;
    if (inFolder.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
        > SOCKET_PATH_BYTES_MAX) {
      socket = Files.createTempDirectory(Path.of("/tmp"), "spillway-").resolve("socket");
    }
    Path next = folder.resolve("address.new");
    Files.writeString(next, socket.toString());
    Files.move(
        next,
        address,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    return socket;
  }

  private void accept(ServerSocketChannel listening) throws IOException {
    while (true) {
      SocketChannel channel;
      try {
        channel = listening.accept();
      } catch (ClosedChannelException e) {
        return; // The supervisor ends, in good order.
      }
      var connection =
          new Connection(channel, children, preparation, spawner, enclosures.strength());
      connections.add(connection);
      Thread.ofPlatform()
          .name("serve")
          .daemon()
          .start(
              () -> {
                try {
                  orDie(connection::serve);
                } finally {
                  connections.remove(connection);
                }
              });
    }
  }

  private void untilQuiet() throws InterruptedException {
    long quietSince = System.nanoTime();
    while (System.nanoTime() - quietSince < quiet.toNanos()) {
      Thread.sleep(LOOK);
      children.watchAdopted();
      spawner.shrink();
      if (Files.notExists(folder) && connections.isEmpty() && !children.running()) {
        return; // The data folder was deleted: nobody will ask for the records.
      }
      if (!children.empty() || !connections.isEmpty()) {
        quietSince = System.nanoTime();
      }
    }
  }

  /** Something that may fail. */
  interface Work {
    void run() throws IOException, InterruptedException;
  }

  /**
   * A thread that fails takes the supervisor with it: the next one reads the records and adopts the
   * processes, while a half-dead one would keep them from everybody.
   */
  @SuppressWarnings("CallToPrintStackTrace") // standard error is the supervisor's log
  static void orDie(Work work) {
    try {
      work.run();
    } catch (Throwable e) {
      System.err.println(java.time.Instant.now() + " the supervisor ends");
      e.printStackTrace();
      Runtime.getRuntime().halt(70);
    }
  }
}
