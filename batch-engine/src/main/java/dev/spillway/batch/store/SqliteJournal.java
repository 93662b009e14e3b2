package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.engine.JobStateChange;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.Job;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.flywaydb.core.Flyway;

/**
 * The journal in one SQLite file, {@code batch.db}.
 *
 * <p>WAL and {@code synchronous=FULL}: a commit is on disk when it returns, readers do not wait for
 * it. One connection writes, a few read. <br>
 * The owner row's epoch is raised on opening and checked in every transaction, so that a writer
 * that was taken for dead cannot write again.
 */
public final class SqliteJournal implements Journal {
  private static final int READERS = 4;

  private final Arns arns;
  private final String url;
  private final StoreLock lock;
  private final Connection writer;
  private final long epoch;
  private final SqliteWrites writes;
  private final Semaphore readerPlaces = new Semaphore(READERS);
  private final Deque<Connection> readers = new ArrayDeque<>();

  private SqliteJournal(Arns arns, String url, StoreLock lock) throws SQLException {
    this.arns = arns;
    this.url = url;
    this.lock = lock;
    this.writer = connect(url);
    try {
      this.epoch = own();
      this.writes = new SqliteWrites(writer, arns);
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
  }

  /**
   * Opens the file, makes or migrates its tables, and becomes its owner.
   *
   * @throws IllegalStateException when another process writes it
   */
  public static SqliteJournal open(Path dataDirectory, Arns arns) {
    StoreLock lock = StoreLock.take(dataDirectory);
    try {
      String url = "jdbc:sqlite:" + dataDirectory.resolve("batch.db");
      Flyway.configure()
          .dataSource(url, null, null)
          .locations("classpath:db/batch")
          .load()
          .migrate();
      return new SqliteJournal(arns, url, lock);
    } catch (SQLException | RuntimeException e) {
      lock.close();
      throw new JournalException("cannot open batch.db in " + dataDirectory, e);
    }
  }

  private static Connection connect(String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("pragma journal_mode=wal");
      statement.execute("pragma synchronous=full");
      statement.execute("pragma busy_timeout=10000");
    }
    return connection;
  }

  private long own() throws SQLException {
    try (PreparedStatement own =
        writer.prepareStatement(
            """
            insert into owner (account, region, epoch, pid, outbox_sequence, job_order)
            values (?, ?, 1, ?, 0, 0)
            on conflict (account, region) do update set epoch = epoch + 1, pid = excluded.pid
            returning epoch""")) {
      own.setString(1, arns.account());
      own.setString(2, arns.region());
      own.setLong(3, ProcessHandle.current().pid());
      long mine;
      try (ResultSet row = own.executeQuery()) {
        row.next();
        mine = row.getLong(1);
      }
      writer.setAutoCommit(false);
      return mine;
    }
  }

  @Override
  public Loaded load() {
    return read(connection -> new SqliteReads(connection, arns).load());
  }

  @Override
  public void commit(Step step) {
    try {
      try {
        checkOwner(step.counters());
        writes.write(step);
        writer.commit();
      } catch (SQLException | RuntimeException e) {
        writer.rollback();
        throw e;
      }
    } catch (SQLException e) {
      throw new JournalException("cannot write to batch.db", e);
    }
  }

  private void checkOwner(Step.Counters counters) throws SQLException {
    if (!writes.own(epoch, counters)) {
      throw new JournalException(
          "batch.db was taken over by another writer (its epoch is not %d any more)"
              .formatted(epoch),
          null);
    }
  }

  @Override
  public List<Job> find(Collection<String> jobIds) {
    return read(connection -> new SqliteReads(connection, arns).find(jobIds));
  }

  @Override
  public List<Job> list(JobListing listing) {
    return read(connection -> new SqliteReads(connection, arns).list(listing));
  }

  @Override
  public Optional<KeyedJob> byIdempotencyKey(String key) {
    return read(connection -> new SqliteReads(connection, arns).byIdempotencyKey(key));
  }

  @Override
  public List<JobStateChange> changesAfter(long sequence, int limit) {
    return read(connection -> new SqliteReads(connection, arns).changesAfter(sequence, limit));
  }

  @Override
  public void close() {
    try {
      for (Connection reader : drained()) {
        reader.close();
      }
      writes.close();
      writer.close();
    } catch (SQLException e) {
      throw new JournalException("cannot close batch.db", e);
    } finally {
      lock.close();
    }
  }

  private List<Connection> drained() {
    synchronized (readers) {
      List<Connection> all = new ArrayList<>(readers);
      readers.clear();
      return all;
    }
  }

  private interface Read<T> {
    T of(Connection connection) throws SQLException;
  }

  private <T> T read(Read<T> read) {
    readerPlaces.acquireUninterruptibly();
    try {
      Connection connection;
      synchronized (readers) {
        connection = readers.poll();
      }
      if (connection == null) {
        connection = connect(url);
      }
      T answer;
      try {
        answer = read.of(connection);
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
      synchronized (readers) {
        readers.push(connection);
      }
      return answer;
    } catch (SQLException e) {
      throw new JournalException("cannot read batch.db", e);
    } finally {
      readerPlaces.release();
    }
  }
}
