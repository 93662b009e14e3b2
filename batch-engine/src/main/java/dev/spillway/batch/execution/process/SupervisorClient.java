package dev.spillway.batch.execution.process;

import dev.spillway.batch.execution.process.supervisor.Isolation;
import dev.spillway.batch.execution.process.supervisor.JobUser;
import dev.spillway.batch.execution.process.supervisor.Outgoing;
import dev.spillway.batch.execution.process.supervisor.Wire;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's connection to its supervisor: starts one when there is none, and again when it dies.
 *
 * <p>Shape: one thread reads and calls the listeners. A spawn is kept until its first status has
 * come, and sent again to the next supervisor if this one dies first. After a reconnect every
 * listener hears every known status again. <br>
 * Errors: {@link UncheckedIOException} when no supervisor can be started.
 */
public final class SupervisorClient implements ProcessSupervisor {
  private static final Logger LOG = LoggerFactory.getLogger(SupervisorClient.class);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
  private static final Duration CONNECT_LOOK = Duration.ofMillis(5);
  private static final Duration START_AGAIN = Duration.ofSeconds(5);

  /** The number of the list that the client asks for on its own account, after a reconnect. */
  private static final int AFTER_RECONNECT = 0;

  /**
   * How the supervisor is run.
   *
   * @param quiet it ends after so long without a process, a record or a client
   * @param durableExits false: an end may be lost with the machine's power; for measurements
   * @param user whom jobs run as when the supervisor is root
   * @param patience a supervisor that has not answered after this long counts as not startable
   * @param reach folders that jobs and workers must be able to reach, besides those of the data
   *     folder, of this JVM and of its class path; read when the supervisor is started
   * @param isolation how far processes are kept apart
   */
  public record Options(
      Duration quiet,
      boolean durableExits,
      JobUser user,
      Duration patience,
      List<Path> reach,
      Isolation isolation) {
    public static final Options DEFAULT =
        new Options(Duration.ofSeconds(60), true, JobUser.NOBODY, Duration.ofSeconds(20));

    public Options(Duration quiet, boolean durableExits, JobUser user, Duration patience) {
      this(quiet, durableExits, user, patience, List.of(), Isolation.FULL);
    }

    public Options with(Isolation how) {
      return new Options(quiet, durableExits, user, patience, reach, how);
    }
  }

  private final Path folder;
  private final Options options;
  private final List<Consumer<Status>> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, Spawn> unanswered = new LinkedHashMap<>();
  private final Map<String, Instant> running = new HashMap<>();
  private final Map<Integer, CompletableFuture<List<Status>>> lists = new HashMap<>();
  private final List<Wire.Message> backlog = new ArrayList<>();
  private int listNumber = AFTER_RECONNECT;
  private Link link;
  private volatile Strength strength = new Strength("", false);
  private boolean closed;

  /** An open connection after its greeting. */
  private record Link(SocketChannel channel, DataInputStream in, Outgoing out, long pid) {}

  private SupervisorClient(Path folder, Options options) {
    this.folder = folder;
    this.options = options;
  }

  /**
   * Connects to the folder's supervisor; starts it when it is not there.
   *
   * @param folder made when absent, for the owner alone
   */
  public static SupervisorClient connect(Path folder, Options options) {
    var client = new SupervisorClient(folder.toAbsolutePath(), options);
    try {
      client.makeFolder();
      client.link = client.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofPlatform().daemon().name("supervisor-events").start(client::run);
    return client;
  }

  /** Process id of the supervisor, for messages and tests. */
  public synchronized long supervisorPid() {
    return link == null ? 0 : link.pid();
  }

  @Override
  public void listen(Consumer<Status> listener) {
    listeners.add(listener);
  }

  @Override
  public synchronized void spawn(Spawn spawn) {
    if (closed) {
      throw new IllegalStateException("closed; " + spawn.id() + " was not started");
    }
    unanswered.put(spawn.id(), spawn);
    if (link != null) {
      link.out().send(new Wire.Start(spawn));
    }
  }

  @Override
  public synchronized void signal(String id, int signal) {
    send(new Wire.Signal(id, signal));
  }

  @Override
  public synchronized void forget(String id) {
    running.remove(id);
    send(new Wire.Forget(id));
  }

  @Override
  public Strength strength() {
    return strength;
  }

  private void send(Wire.Message message) {
    if (link == null) {
      backlog.add(message);
    } else {
      link.out().send(message);
    }
  }

  /** Not from a listener: the answer comes on the listeners' thread. */
  @Override
  public List<Status> list() {
    var answer = new CompletableFuture<List<Status>>();
    synchronized (this) {
      int number = ++listNumber;
      lists.put(number, answer);
      if (link != null) {
        link.out().send(new Wire.ListAll(number));
      }
    }
    try {
      return answer.get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the supervisor was asked for its list", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "the supervisor in " + folder + " gave no list within " + ANSWER_MAX, e);
    }
  }

  @Override
  public void close() {
    Link last;
    synchronized (this) {
      closed = true;
      last = link;
    }
    if (last != null) {
      last.out().finish();
    }
  }

  private void run() {
    while (true) {
      Link now;
      synchronized (this) {
        now = link;
      }
      try {
        while (true) {
          handle(Wire.read(now.in()));
        }
      } catch (IOException e) {
        now.out().close();
      }
      if (!reconnect()) {
        return;
      }
    }
  }

  private boolean reconnect() {
    while (true) {
      synchronized (this) {
        if (closed) {
          return false;
        }
        link = null;
      }
      LOG.warn("the supervisor in {} has gone; starting another", folder);
      try {
        Link next = open();
        synchronized (this) {
          link = next;
          unanswered.values().forEach(spawn -> next.out().send(new Wire.Start(spawn)));
          backlog.forEach(next.out()::send);
          backlog.clear();
          next.out().send(new Wire.ListAll(AFTER_RECONNECT));
          lists.keySet().forEach(number -> next.out().send(new Wire.ListAll(number)));
        }
        return true;
      } catch (IOException e) {
        LOG.error("no supervisor can be started in {}; trying again", folder, e);
      }
    }
  }

  private void handle(Wire.Message message) throws IOException {
    switch (message) {
      case Wire.Changed(Status status) -> tell(status);
      case Wire.Listed(int number, List<Status> statuses) when number == AFTER_RECONNECT ->
          compare(statuses);
      case Wire.Listed(int number, List<Status> statuses) -> {
        CompletableFuture<List<Status>> answer;
        synchronized (this) {
          answer = lists.remove(number);
        }
        if (answer != null) {
          answer.complete(statuses);
        }
      }
      case Wire.Hello _,
          Wire.Isolation _,
          Wire.Start _,
          Wire.Signal _,
          Wire.ListAll _,
          Wire.Forget _ ->
          throw new IOException("the supervisor does not send " + message);
    }
  }

  private void tell(Status status) {
    synchronized (this) {
      unanswered.remove(status.id());
      switch (status) {
        case Status.Running one -> running.put(one.id(), one.startedAt());
        case Status.Ended _, Status.NotStarted _ -> running.remove(status.id());
      }
    }
    for (Consumer<Status> listener : listeners) {
      try {
        listener.accept(status);
      } catch (RuntimeException e) {
        LOG.error("a listener failed on {}", status, e);
      }
    }
  }

  /** After a reconnect: all that is known, and the end of what nobody knows any more. */
  private void compare(List<Status> statuses) {
    Map<String, Instant> vanished;
    synchronized (this) {
      vanished = new HashMap<>(running);
    }
    Set<String> known = new HashSet<>();
    for (Status status : statuses) {
      known.add(status.id());
      tell(status);
    }
    vanished.keySet().removeAll(known);
    vanished.forEach(
        (id, startedAt) ->
            tell(
                new Status.Ended(
                    id, OptionalInt.empty(), startedAt, Instant.now(), 0, Optional.empty())));
  }

  private void makeFolder() throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder.getParent());
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  private Link open() throws IOException {
    long start = System.nanoTime();
    var launch = new SupervisorLaunch(folder, options);
    long startedAt = 0;
    Process started = null;
    while (true) {
      try {
        return greet();
      } catch (VersionMismatch e) {
        throw e;
      } catch (IOException e) {
        long now = System.nanoTime();
        if (started != null && !started.isAlive() && started.exitValue() != 0) {
          throw new IOException(
              "the supervisor in " + folder + " cannot start: " + launch.lastWords(), e);
        }
        if (now - start > options.patience().toNanos()) {
          throw new IOException(
              "no supervisor answers in " + folder + "; its last words: " + launch.lastWords(), e);
        }
        // Again after a while: the one just started may have found another that was about to end.
        if (startedAt == 0 || now - startedAt > START_AGAIN.toNanos()) {
          startedAt = now;
          started = launch.start();
        }
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(CONNECT_LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the supervisor started", e);
    }
  }

  private static final class VersionMismatch extends IOException {
    private static final long serialVersionUID = 1L;

    VersionMismatch(String message) {
      super(message);
    }
  }

  private Link greet() throws IOException {
    Path socket = Path.of(Files.readString(folder.resolve("address")));
    var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    try {
      var bytes = new java.io.ByteArrayOutputStream();
      Wire.write(
          new DataOutputStream(bytes), new Wire.Hello(Wire.VERSION, ProcessHandle.current().pid()));
      channel.write(ByteBuffer.wrap(bytes.toByteArray()));
      var in =
          new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024));
      if (!(Wire.read(in) instanceof Wire.Hello hello)) {
        throw new IOException("the supervisor in " + folder + " does not greet");
      }
      if (hello.version() != Wire.VERSION) {
        throw new VersionMismatch(
            "the supervisor in "
                + folder
                + " (process "
                + hello.pid()
                + ") is from another Spillway: "
                + "it speaks version "
                + hello.version()
                + ", this server "
                + Wire.VERSION
                + "; let its jobs end under the Spillway that started it, or end it");
      }
      if (!(Wire.read(in) instanceof Wire.Isolation(Strength told))) {
        throw new IOException("the supervisor in " + folder + " does not say how it isolates");
      }
      strength = told;
      return new Link(channel, in, new Outgoing(channel, "supervisor-requests"), hello.pid());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }
}
