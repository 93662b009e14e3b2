package dev.spillway.batch.logs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a log's beginning and its end, and gives the disk back what lies between: the file is as
 * long as ever, with a hole in it, so that whoever appends to it, and whoever reads it by offset,
 * goes on. What is gone stands in a file beside it, {@code <log>.cut}.
 *
 * <p>Errors: where the file system cannot make holes, nothing is cut, and the server's log says so
 * once.
 */
public final class LogCap {
  private static final Logger LOG = LoggerFactory.getLogger(LogCap.class);
  private static final String SUFFIX = ".cut";
  private static final long BLOCK = 4096;

  /** A hole grows by no less than this part of the limit: each time costs a call. */
  private static final int STEP = 8;

  private static volatile boolean warned;

  private final long most;

  /** {@code most} bytes are kept, up to an eighth more. */
  public LogCap(long most) {
    this.most = most;
  }

  /** What is gone of a log: from one offset to another, that one excluded. */
  record Cut(long from, long to) {
    /** The line that stands in its place. */
    String notice() {
      return "[%,d bytes are not kept here: the log is longer than logs.maxPerAttempt]"
          .formatted(to - from);
    }
  }

  static Optional<Cut> of(Path log) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file(log)));
      return bytes.remaining() < 16
          ? Optional.empty()
          : Optional.of(new Cut(bytes.getLong(), bytes.getLong()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(Path log) {
    return log.resolveSibling(log.getFileName() + SUFFIX);
  }

  /** Called when the log has grown to {@code length}. */
  public void keep(Path log, long length) {
    if (length <= most + most / STEP) {
      return;
    }
    long from = (most / 2 + BLOCK - 1) / BLOCK * BLOCK;
    long to = (length - most / 2) / BLOCK * BLOCK;
    Optional<Cut> before = of(log);
    long done = before.map(Cut::to).orElse(from);
    if (to - done < most / STEP) {
      return;
    }
    try {
      write(log, new Cut(from, to)); // first: nobody reads the hole's zeros
      if (!Holes.punch(log, from, to - from)) {
        if (before.isPresent()) {
          write(log, before.get());
        } else {
          Files.deleteIfExists(file(log));
        }
        warn(log);
      }
    } catch (IOException e) {
      LOG.warn("the log {} could not be cut: {}", log, e.toString());
    }
  }

  private static void warn(Path log) {
    if (!warned) {
      warned = true;
      LOG.warn("logs.maxPerAttempt has no effect: the file system of {} makes no holes", log);
    }
  }

  private static void write(Path log, Cut cut) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(16).putLong(cut.from()).putLong(cut.to()).flip();
    try (FileChannel file =
        FileChannel.open(file(log), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(bytes);
    }
  }
}
