package dev.spillway.dispatch.task;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes: it takes all changes that wait, puts them into one transaction, and
 * answers their callers after the commit. So changes that come together share an fsync.
 *
 * <p>When a change fails, nothing of its transaction is kept, and all of them are made again, each
 * in a transaction of its own: so a change must be repeatable until it is committed. A connection
 * that broke is opened again. The function service has a smaller one, for SQLite alone, with a
 * savepoint a change: tasks see nothing of that module, so the two are not one.
 */
final class GroupCommit implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

  /** Bounds the time until the first caller of a batch is answered. */
  private static final int MOST = 256;

  private static final int MOST_WAITING = 10_000;

  private final SqlDialect dialect;
  private final BlockingQueue<Waiting<?>> queue = new LinkedBlockingQueue<>(MOST_WAITING);
  private final Thread writer;
  private Optional<Session> session = Optional.empty();
  private volatile boolean closing;

  /** A change to make. Called again when another change of its transaction failed. */
  interface Change<T> {
    T apply(Session session) throws SQLException;
  }

  private record Waiting<T>(Change<T> change, CompletableFuture<T> answer) {
    Runnable apply(Session session) throws SQLException {
      T value = change.apply(session);
      return () -> answer.complete(value);
    }

    void fail(Exception e) {
      answer.completeExceptionally(e);
    }
  }

  /** It is not known whether the commit reached the disk, so it must not be made again. */
  private static final class CommitFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    CommitFailedException(SQLException cause) {
      super("the commit failed; what it changed may be on disk or not", cause);
    }
  }

  GroupCommit(SqlDialect dialect) throws SQLException {
    this.dialect = dialect;
    connect();
    this.writer = Thread.ofPlatform().name("tasks-writer").daemon().unstarted(this::run);
  }

  GroupCommit start() {
    writer.start();
    return this;
  }

  private Session connect() throws SQLException {
    if (session.isEmpty()) {
      session = Optional.of(new Session(dialect.writer(), dialect::text));
    }
    return session.get();
  }

  /** Makes a change and returns when it is on disk. */
  <T> T write(Change<T> change) {
    var waiting = new Waiting<>(change, new CompletableFuture<T>());
    try {
      if (closing) {
        throw new IllegalStateException("the task store is closed");
      }
      queue.put(waiting);
      if (!writer.isAlive() && queue.remove(waiting)) {
        throw new IllegalStateException("the task store is closed");
      }
      return waiting.answer().join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the task store was busy", e);
    } catch (CompletionException e) {
      throw new IllegalStateException(
          "the task store %s could not write: %s"
              .formatted(dialect.name(), e.getCause().getMessage()),
          e.getCause());
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
    try {
      together(batch);
    } catch (CommitFailedException e) {
      recover();
      batch.forEach(waiting -> waiting.fail(e));
    } catch (SQLException | RuntimeException _) {
      // Nothing of it is on disk. One of them fails again below, and is told why.
      recover();
      eachAlone(batch);
    }
  }

  private void eachAlone(List<Waiting<?>> batch) {
    for (int i = 0; i < batch.size(); i++) {
      try {
        connect();
      } catch (SQLException e) {
        // The others would wait as long for nothing.
        batch.subList(i, batch.size()).forEach(waiting -> waiting.fail(e));
        return;
      }
      alone(batch.get(i));
    }
  }

  private void alone(Waiting<?> waiting) {
    try {
      together(List.of(waiting));
    } catch (CommitFailedException | SQLException | RuntimeException e) {
      recover();
      waiting.fail(e);
    }
  }

  private void together(List<Waiting<?>> batch) throws SQLException, CommitFailedException {
    Session open = connect();
    List<Runnable> answers = new ArrayList<>();
    dialect.begin(open);
    for (Waiting<?> waiting : batch) {
      answers.add(waiting.apply(open));
    }
    try {
      dialect.commit(open);
    } catch (SQLException e) {
      throw new CommitFailedException(e);
    }
    answers.forEach(Runnable::run);
  }

  /** Leaves no transaction open, and no connection that is broken. */
  private void recover() {
    session =
        session.filter(
            open -> {
              try {
                dialect.rollback(open);
                if (open.usable()) {
                  return true;
                }
              } catch (SQLException e) {
                LOG.warn(
                    "{}: the connection that writes is opened anew: {}",
                    dialect.name(),
                    e.getMessage());
              }
              open.close();
              return false;
            });
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
    queue.forEach(waiting -> waiting.fail(new IllegalStateException("the task store is closed")));
    session.ifPresent(Session::close);
  }
}
