package dev.spillway.batch.execution.process.supervisor;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The sending half of a connection: takes messages at once and writes what has gathered in one go.
 *
 * <p>Shape: one thread; messages keep their order. <br>
 * Errors: a peer that does not read, or is gone, has its connection closed; the reading half sees
 * the end of the stream and does what there is to do.
 */
public final class Outgoing implements AutoCloseable {
  /** A peer that is this far behind is stuck; it learns the rest from a list when it is back. */
  private static final int WAITING_MAX = 1 << 18;

  private static final int BATCH_MAX = 512;
  private static final long FINISH_LOOK_MILLIS = 200;
  private static final long FINISH_MAX_MILLIS = 2000;

  private final SocketChannel channel;
  private final BlockingQueue<Wire.Message> waiting = new LinkedBlockingQueue<>(WAITING_MAX);
  private final Thread thread;
  private volatile boolean finishing;

  public Outgoing(SocketChannel channel, String name) {
    this.channel = channel;
    this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
  }

  public void send(Wire.Message message) {
    if (!waiting.offer(message)) {
      close();
    }
  }

  private void run() {
    List<Wire.Message> batch = new ArrayList<>();
    var bytes = new ByteArrayOutputStream(16 * 1024);
    var out = new DataOutputStream(bytes);
    try {
      while (!finishing || !waiting.isEmpty()) {
        Wire.Message first = waiting.poll(FINISH_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
          continue;
        }
        batch.add(first);
        waiting.drainTo(batch, BATCH_MAX);
        for (Wire.Message message : batch) {
          Wire.write(out, message);
        }
        batch.clear();
        ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
        bytes.reset();
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
    } catch (IOException e) {
      close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends what waits, then closes. */
  public void finish() {
    finishing = true;
    try {
      thread.join(FINISH_MAX_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      channel.close();
    } catch (IOException e) {
      // Closing is all that was wanted, and nobody can do more about it.
    }
  }
}
