package dev.spillway.dispatch.wiring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The data folder, held by one server at a time. The lock is the kernel's, so one that a killed
 * server left behind is no obstacle; the file says who holds it: process id and URLs.
 */
public final class DataFolder implements AutoCloseable {

  /** What {@code server.lock} says of the server that wrote it. */
  public record Holder(long pid, String url, String s3) {

    /** Port of {@link #url}. */
    public int port() {
      return port(url);
    }

    /** Port of {@link #s3}; 0 when it has none of its own. */
    public int s3Port() {
      return port(s3);
    }

    private static int port(String url) {
      return Math.max(0, URI.create(url).getPort());
    }
  }

  /** Another server holds the folder. */
  public static final class HeldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HeldException(String message) {
      super(message);
    }
  }

  private static final String FILE = "server.lock";
  private static final String BACKEND = "backend";
  private static final Set<PosixFilePermission> OWNERS_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OWNERS_FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Pattern LINE =
      Pattern.compile("pid ([0-9]+) url (http://\\S+:[0-9]+) s3 (https?://\\S+)\\s*");

  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;
  private final Optional<Holder> previous;

  private DataFolder(Path path, FileChannel channel, FileLock lock, Optional<Holder> previous) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
    this.previous = previous;
  }

  /**
   * Makes the folder when it is absent, and holds it.
   *
   * @throws HeldException naming the holder's process id and URL
   */
  public static DataFolder hold(Path path) {
    try {
      Files.createDirectories(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve(FILE),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      Optional<Holder> said = read(channel);
      if (lock == null) {
        channel.close();
        throw new HeldException(
            "The data folder "
                + path
                + " is in use by "
                + said.map(h -> "the server with process id " + h.pid() + " at " + h.url())
                    .orElse("a server that is just starting")
                + ". Stop that one, or give this one another folder with --data.");
      }
      closeToOthers(path);
      return new DataFolder(path, channel, lock, said);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "The data folder " + path + " cannot be used: " + e.getMessage(), e);
    }
  }

  /**
   * Jobs of the process runner are other users of this host, and the folder itself must be open to
   * them: what tells of other people's jobs is not. SQLite gives its side files the mode of the
   * database.
   */
  private static void closeToOthers(Path path) throws IOException {
    // Asked of the path: its file store may not be known, below a changed root for example.
    if (Files.getFileAttributeView(path, PosixFileAttributeView.class) == null) {
      return;
    }
    Files.createDirectories(path.resolve("logs"));
    Files.setPosixFilePermissions(path.resolve("logs"), OWNERS_FOLDER);
    for (String database : List.of("batch.db", "tasks.db", "functions.db")) {
      if (Files.notExists(path.resolve(database))) {
        Files.createFile(path.resolve(database), PosixFilePermissions.asFileAttribute(OWNERS_FILE));
      }
      for (String side : List.of("", "-wal", "-shm")) {
        Path file = path.resolve(database + side);
        if (Files.exists(file)) {
          Files.setPosixFilePermissions(file, OWNERS_FILE);
        }
      }
    }
  }

  /**
   * Says whose tasks are in it, once and for all: job ids and results of one backend mean nothing
   * to the other.
   *
   * @throws IllegalStateException when the tasks in it are another backend's
   */
  void belongTo(String backend) {
    Path file = path.resolve(BACKEND);
    try {
      // A folder from before there was a choice has tasks of this machine.
      boolean older =
          Files.exists(path.resolve("tasks.db")) && Files.size(path.resolve("tasks.db")) > 0;
      String owner =
          Files.exists(file) ? Files.readString(file).strip() : older ? "embedded" : backend;
      if (!owner.equals(backend)) {
        throw new IllegalStateException(
            "The data folder %s holds tasks of backend %s, which backend %s knows nothing of. Give this server another folder with --data."
                .formatted(path, owner, backend));
      }
      Files.writeString(file, owner + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be used", e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null;
    }
  }

  private static Optional<Holder> read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1024);
    channel.read(buffer, 0);
    return parse(new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8));
  }

  /** Who wrote a folder's lock file last; it may have ended since. */
  public static Optional<Holder> holder(Path folder) {
    try {
      return parse(Files.readString(folder.resolve(FILE)));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private static Optional<Holder> parse(String text) {
    Matcher matcher = LINE.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new Holder(Long.parseLong(matcher.group(1)), matcher.group(2), matcher.group(3)))
        : Optional.empty();
  }

  public Path path() {
    return path;
  }

  /** The server that held it before this one. */
  public Optional<Holder> previous() {
    return previous;
  }

  /** Says who holds it. */
  public void announce(Holder holder) {
    String line = "pid %d url %s s3 %s%n".formatted(holder.pid(), holder.url(), holder.s3());
    try {
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(path.resolve(FILE) + " cannot be written", e);
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(path.resolve(FILE) + " cannot be released", e);
    }
  }
}
