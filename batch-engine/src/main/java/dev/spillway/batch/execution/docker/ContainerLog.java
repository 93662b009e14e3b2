package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies one container's output into the attempt's log while it runs.
 *
 * <p>The engine keeps all of it and always tells it from the beginning, in the same order. So the
 * file's length is the place to go on from, after whatever interruption: nothing is lost and
 * nothing doubled, even if the copy was cut within a line.
 */
final class ContainerLog implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLog.class);
  private static final long FINISH_SECONDS_MAX = 10;

  private final DockerClient client;
  private final String containerId;
  private final Path file;
  private Copy copy;
  private boolean closed;

  ContainerLog(DockerClient client, String containerId, Path file) {
    this.client = client;
    this.containerId = containerId;
    this.file = file;
  }

  /** Begins, or goes on. */
  void follow() throws IOException {
    begin(true);
  }

  /** After the container's end: returns when the file holds everything. */
  void complete() throws IOException, InterruptedException {
    if (!finished(FINISH_SECONDS_MAX)) {
      begin(false);
      if (!finished(Long.MAX_VALUE)) {
        LOG.warn("the log {} of container {} may lack its end", file, containerId);
      }
    }
    close();
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
    Files.createDirectories(file.toAbsolutePath().getParent());
    copy = new Copy(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    client
        .logContainerCmd(containerId)
        .withStdOut(true)
        .withStdErr(true)
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

  private static final class Copy extends ResultCallback.Adapter<Frame> {
    private final FileChannel out;
    private long skip;

    Copy(FileChannel out) throws IOException {
      this.out = out;
      this.skip = out.size();
    }

    @Override
    public void onNext(Frame frame) {
      byte[] bytes = frame.getPayload();
      int known = (int) Math.min(skip, bytes.length);
      skip -= known;
      try {
        ByteBuffer fresh = ByteBuffer.wrap(bytes, known, bytes.length - known);
        synchronized (out) {
          while (fresh.hasRemaining()) {
            out.write(fresh);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
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
