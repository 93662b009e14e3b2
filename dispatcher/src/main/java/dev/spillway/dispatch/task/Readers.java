package dev.spillway.dispatch.task;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A few connections that read, opened when they are needed and again when they broke. */
final class Readers implements AutoCloseable {
  private static final int MOST = 4;
  private static final int PATIENCE_SECONDS = 30;

  private final SqlDialect dialect;
  private final Semaphore places = new Semaphore(MOST, true);
  private final Deque<Session> idle = new ArrayDeque<>();
  private volatile boolean closed;

  /** A read. Done again on a new connection when its first one turns out to be broken. */
  interface Read<T> {
    T apply(Session session) throws SQLException;
  }

  Readers(SqlDialect dialect) {
    this.dialect = dialect;
  }

  <T> T read(Read<T> read) {
    try {
      if (!places.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "the task store %s answered nobody for %d s"
                .formatted(dialect.name(), PATIENCE_SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the task store was busy", e);
    }
    try {
      return onASession(read);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the task store %s cannot be read: %s".formatted(dialect.name(), e.getMessage()), e);
    } finally {
      places.release();
    }
  }

  private <T> T onASession(Read<T> read) throws SQLException {
    Session used = take();
    if (used != null) {
      try {
        return read.apply(used);
      } catch (SQLException e) {
        if (used.usable()) {
          throw e;
        }
        used.close();
        used = null;
      } finally {
        giveBack(used);
      }
    }
    Session fresh = new Session(dialect.reader(), dialect::text);
    try {
      return read.apply(fresh);
    } finally {
      giveBack(fresh);
    }
  }

  private Session take() {
    synchronized (idle) {
      if (closed) {
        throw new IllegalStateException("the task store is closed");
      }
      return idle.poll();
    }
  }

  private void giveBack(Session session) {
    synchronized (idle) {
      if (session == null) {
        return;
      }
      if (closed) {
        session.close();
      } else {
        idle.push(session);
      }
    }
  }

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.forEach(Session::close);
      idle.clear();
    }
  }
}
