package dev.spillway.lambda.invoke;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies log files to a stream as they grow, each byte once; closing copies what is left.
 *
 * <p>Shape: one virtual thread a file. A file is looked at ten times a second: fast enough to read
 * along, and a file can tell no one that it grew.
 */
final class LogFollower implements AutoCloseable {
  private static final long PAUSE_MILLIS = 100;

  private final PrintStream to;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closing;

  LogFollower(PrintStream to) {
    this.to = to;
  }

  synchronized void follow(Path file) {
    threads.add(Thread.startVirtualThread(() -> copy(file)));
  }

  private void copy(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer buffer = ByteBuffer.allocate(16 << 10);
      while (true) {
        boolean last = closing;
        for (int n = channel.read(buffer.clear()); n > 0; n = channel.read(buffer.clear())) {
          to.write(buffer.array(), 0, n);
        }
        to.flush();
        if (last) {
          return;
        }
        pause();
      }
    } catch (IOException e) {
      to.println("log " + file + " cannot be read: " + e.getMessage());
    }
  }

  private synchronized void pause() {
    try {
      if (!closing) {
        wait(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      closing = true;
    }
  }

  @Override
  public void close() {
    List<Thread> running;
    synchronized (this) {
      closing = true;
      notifyAll();
      running = List.copyOf(threads);
    }
    try {
      for (Thread thread : running) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
