package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.StreamType;
import dev.spillway.batch.logs.LogCap;
import dev.spillway.batch.logs.LogWriter;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies one container's output into the attempt's log while it runs.
 *
 * <p>The engine keeps all of it and always tells it from the beginning, in the same order, each
 * piece after its time. So the file's length is the place to go on from, after whatever
 * interruption: nothing is lost and nothing doubled, even if the copy was cut within a line.
 */
final class ContainerLog implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLog.class);
  private static final long FINISH_SECONDS_MAX = 10;

  /** {@code 2026-11-26T22:26:42.367123456Z} */
  private static final int TIME_MAX = 35;

  /** Longer lines are several messages to the engine. */
  private static final int ENGINE_LINE_MAX = 16 * 1024;

  private final DockerClient client;
  private final String containerId;
  private final Path file;
  private final LogCap cap;
  private Copy copy;
  private boolean closed;

  ContainerLog(DockerClient client, String containerId, Path file, LogCap cap) {
    this.client = client;
    this.containerId = containerId;
    this.file = file;
    this.cap = cap;
  }

  /** Begins, or goes on. */
  void follow() throws IOException {
    begin(true);
  }

  /**
   * After the container's end: returns when the file holds everything. A copy that was done before
   * that is not the whole: an engine that has just come up tells what it has, and follows nothing.
   */
  void complete(Instant finishedAt) throws IOException, InterruptedException {
    if (!finished(FINISH_SECONDS_MAX) || doneBefore(finishedAt)) {
      begin(false);
      if (!finished(Long.MAX_VALUE)) {
        LOG.warn("the log {} of container {} may lack its end", file, containerId);
      }
    }
    close();
  }

  private synchronized boolean doneBefore(Instant finishedAt) {
    return copy.doneAt.isBefore(finishedAt);
  }

  private boolean finished(long seconds) throws InterruptedException {
    Copy now;
    synchronized (this) {
      now = copy;
    }
    try {
      return now != null && now.awaitCompletion(seconds, TimeUnit.SECONDS);
    } catch (RuntimeException e) {
      LOG.debug("the log of container {} broke off", containerId, e);
      return false;
    }
  }

  /** From where the file ends. The copy before this one writes no more when the size is read. */
  private synchronized void begin(boolean follow) throws IOException {
    if (copy != null) {
      copy.close();
    }
    if (closed) {
      return;
    }
    copy = new Copy(LogWriter.open(file, cap));
    client
        .logContainerCmd(containerId)
        .withStdOut(true)
        .withStdErr(true)
        .withTimestamps(true)
        .withFollowStream(follow)
        .exec(copy);
  }

  /** Writes no more. */
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (copy != null) {
      copy.close();
    }
  }

  /**
   * Takes the times away and writes the rest.
   *
   * <p>The client cuts what the engine sends into pieces; a message, which a time precedes, begins
   * after the end of a line, with another stream, and within a line where the engine has cut it.
   */
  private static final class Copy extends ResultCallback.Adapter<Frame> {
    private final LogWriter out;
    private volatile Instant doneAt = Instant.MAX;
    private long skip;
    private StreamType stream;
    private boolean inLine;
    private long ofMessage;
    private long time;

    /** Of a message whose time has not been seen whole. */
    private final ByteArrayOutputStream beginning = new ByteArrayOutputStream();

    Copy(LogWriter out) {
      this.out = out;
      this.skip = out.length();
    }

    @Override
    public void onComplete() {
      doneAt = Instant.now();
      super.onComplete();
    }

    @Override
    public void onNext(Frame frame) {
      byte[] bytes = frame.getPayload();
      int start = 0;
      if (beginning.size() > 0 || beginsMessage(frame)) {
        start = afterTime(bytes);
        if (beginning.size() > 0) {
          return; // a time that goes on in the next piece
        }
      }
      stream = frame.getStreamType();
      write(bytes, start);
    }

    private void write(byte[] bytes, int start) {
      if (start == bytes.length) {
        return;
      }
      inLine = bytes[bytes.length - 1] != '\n';
      ofMessage += bytes.length - start;
      int known = (int) Math.min(skip, bytes.length - start);
      skip -= known;
      if (start + known == bytes.length) {
        return;
      }
      try {
        ByteBuffer fresh = ByteBuffer.wrap(bytes, start + known, bytes.length - start - known);
        synchronized (out) {
          out.append(fresh, time);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private boolean beginsMessage(Frame frame) {
      return !inLine
          || frame.getStreamType() != stream
          || ofMessage > 0 && ofMessage % ENGINE_LINE_MAX == 0;
    }

    /**
     * The time and one space stand before what the container wrote; sets the time. Where there is
     * none, all is the container's.
     */
    private int afterTime(byte[] bytes) {
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] == ' ') {
          return timed() ? i + 1 : giveBack(i);
        }
        beginning.write(bytes[i]);
        if (beginning.size() > TIME_MAX) {
          return giveBack(i + 1);
        }
      }
      return bytes.length;
    }

    private boolean timed() {
      try {
        time = Instant.parse(beginning.toString(StandardCharsets.US_ASCII)).toEpochMilli();
        beginning.reset();
        ofMessage = 0;
        return true;
      } catch (DateTimeParseException e) {
        return false;
      }
    }

    /** What was taken for a time was not: this piece is the container's from its first byte. */
    private int giveBack(int ofThisPiece) {
      byte[] taken = beginning.toByteArray();
      beginning.reset();
      write(Arrays.copyOf(taken, taken.length - ofThisPiece), 0);
      return 0;
    }

    /** No write is under way after this, and none comes. */
    @Override
    public void close() throws IOException {
      super.close();
      synchronized (out) {
        out.close();
      }
    }
  }
}
