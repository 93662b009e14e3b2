package dev.spillway.dispatch.wiring;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** Appends what a container says to a file. */
final class ContainerOutput extends ResultCallback.Adapter<Frame> {
  /** The engine hands output on within this time. */
  private static final Duration HANDED_ON = Duration.ofMillis(4);

  private static final int SETTLE_ROUNDS_MAX = 10;

  private final FileChannel file;
  private volatile long pieces;

  ContainerOutput(Path file) {
    try {
      this.file = FileChannel.open(file, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void onNext(Frame frame) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(frame.getPayload());
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      pieces++;
    } catch (IOException e) {
      onError(e);
    }
  }

  /** Until nothing more comes; of a container that talks on without end, the first part. */
  void settle() {
    long before = -1;
    for (int round = 0; round < SETTLE_ROUNDS_MAX && before != pieces; round++) {
      before = pieces;
      try {
        Thread.sleep(HANDED_ON);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    file.close();
  }
}
