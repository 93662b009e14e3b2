package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * The journal in a database. One connection writes, a few read.
 *
 * <p>The owner row's epoch is raised on opening and checked in every transaction, so that a writer
 * that was taken for dead cannot write again.
 */
public final class SqlJournal implements Journal {
  private static final int READERS = 4;

  private final Arns arns;
  private final SqlDatabase database;
  private final Connection writer;
  private final long epoch;
  private final SqlWrites writes;
  private final Semaphore readerPlaces = new Semaphore(READERS);
  private final Deque<Connection> readers = new ArrayDeque<>();

  private SqlJournal(Arns arns, SqlDatabase database) throws SQLException {
    this.arns = arns;
    this.database = database;
    this.writer = database.connect();
    try {
      this.epoch = own();
      this.writes = new SqlWrites(writer, arns);
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
  }

  /**
   * Opens the database that the settings name, makes or migrates its tables, and becomes its owner.
   *
   * @throws IllegalStateException when another process writes it
   */
  public static SqlJournal open(BatchSettings settings) {
    Arns arns = Arns.of(settings);
    return settings
        .postgres()
        .map(where -> open(new PostgresDatabase(where, arns), arns))
        .orElseGet(() -> open(settings.dataDirectory(), arns));
  }

  /**
   * Opens the SQLite file in a data folder, makes or migrates its tables, and becomes its owner.
   *
   * @throws IllegalStateException when another process writes it
   */
  public static SqlJournal open(Path dataDirectory, Arns arns) {
    return open(new SqliteDatabase(dataDirectory), arns);
  }

  static SqlJournal open(SqlDatabase database, Arns arns) {
    try {
      database.migrate();
      return new SqlJournal(arns, database);
    } catch (SQLException | RuntimeException e) {
      database.close();
      throw new JournalException("cannot open " + database.name(), e);
    }
  }

  private long own() throws SQLException {
    try (PreparedStatement own =
        writer.prepareStatement(
            """
            insert into owner (account, region, epoch, pid, outbox_sequence, job_order)
            values (?, ?, 1, ?, 0, 0)
            on conflict (account, region) do update set epoch = owner.epoch + 1, pid = excluded.pid
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
    return read(connection -> new SqlReads(connection, arns).load());
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
      throw new JournalException("cannot write to " + database.name(), e);
    }
  }

  private void checkOwner(Step.Counters counters) throws SQLException {
    if (!writes.own(epoch, counters)) {
      throw new JournalException(
          "%s was taken over by another writer (its epoch is not %d any more)"
              .formatted(database.name(), epoch),
          null);
    }
  }

  @Override
  public List<Job> find(Collection<String> jobIds) {
    return read(connection -> new SqlReads(connection, arns).find(jobIds));
  }

  @Override
  public List<Job> list(JobListing listing) {
    return read(connection -> new SqlReads(connection, arns).list(listing));
  }

  @Override
  public Optional<KeyedJob> byIdempotencyKey(String key) {
    return read(connection -> new SqlReads(connection, arns).byIdempotencyKey(key));
  }

  @Override
  public Map<String, JobDetail> details(Collection<String> jobIds) {
    return read(connection -> new SqlReads(connection, arns).details(jobIds));
  }

  @Override
  public List<OutboxEvent> eventsAfter(long sequence, int limit) {
    return read(connection -> new SqlReads(connection, arns).eventsAfter(sequence, limit));
  }

  @Override
  public List<Charge> charges(String jobId) {
    return read(connection -> new SqlReads(connection, arns).charges(jobId));
  }

  @Override
  public List<LedgerDay> ledger() {
    return read(connection -> new SqlReads(connection, arns).ledger());
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
      throw new JournalException("cannot close " + database.name(), e);
    } finally {
      database.close();
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
        connection = database.connect();
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
      throw new JournalException("cannot read " + database.name(), e);
    } finally {
      readerPlaces.release();
    }
  }
}
