package dev.spillway.lambda.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes: it takes all changes that wait, puts them into one transaction, and
 * answers their callers after the commit. So events that come together share an fsync.
 *
 * <p>Each change has a savepoint of its own: one that fails takes nothing with it.
 */
final class GroupCommit implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

  /** Bounds the time until the first caller of a batch is answered. */
  private static final int MOST = 256;

  private final Connection connection;
  private final BlockingQueue<Waiting<?>> queue = new LinkedBlockingQueue<>(10_000);
  private final Thread writer;
  private volatile boolean closing;

  /** A change to make. */
  interface Change<T> {
    T apply(Connection connection) throws SQLException;
  }

  private record Waiting<T>(Change<T> change, CompletableFuture<T> answer) {
    Runnable run(Connection connection) throws SQLException {
      Savepoint before = connection.setSavepoint();
      try {
        T value = change.apply(connection);
        connection.releaseSavepoint(before);
        return () -> answer.complete(value);
      } catch (SQLException | RuntimeException e) {
        connection.rollback(before);
        return () -> answer.completeExceptionally(e);
      }
    }
  }

  GroupCommit(Connection connection) {
    this.connection = connection;
    this.writer = Thread.ofPlatform().name("functions-writer").daemon().unstarted(this::run);
  }

  GroupCommit start() {
    writer.start();
    return this;
  }

  /** Makes a change and returns when it is on disk. */
  <T> T write(Change<T> change) {
    var waiting = new Waiting<>(change, new CompletableFuture<T>());
    try {
      if (closing) {
        throw new IllegalStateException("functions.db is closed");
      }
      queue.put(waiting);
      return waiting.answer().join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while functions.db was busy", e);
    } catch (CompletionException e) {
      throw new IllegalStateException("functions.db could not be written", e.getCause());
    }
  }

  private void run() {
    List<Waiting<?>> batch = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      try {
        Waiting<?> first = queue.poll(1, TimeUnit.SECONDS);
        if (first != null) {
          batch.add(first);
          queue.drainTo(batch, MOST - 1);
          commit(batch);
        }
      } catch (InterruptedException _) {
        // close() wakes the writer; what waits is written first.
        closing = true;
      }
      batch.clear();
    }
  }

  private void commit(List<Waiting<?>> batch) {
    List<Runnable> answers = new ArrayList<>();
    try {
      for (Waiting<?> waiting : batch) {
        answers.add(waiting.run(connection));
      }
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      // Nothing of the batch is on disk, so nobody may be told that it is.
      batch.forEach(waiting -> waiting.answer().completeExceptionally(e));
      rollback();
      return;
    }
    answers.forEach(Runnable::run);
  }

  private void rollback() {
    try {
      connection.rollback();
    } catch (SQLException e) {
      LOG.error("functions.db: rollback failed", e);
    }
  }

  @Override
  public void close() {
    closing = true;
    writer.interrupt();
    try {
      writer.join(10_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    queue.forEach(
        waiting ->
            waiting
                .answer()
                .completeExceptionally(new IllegalStateException("functions.db is closed")));
  }
}
