package dev.spillway.dispatch.task;

import java.nio.file.Path;
import java.sql.SQLException;

/**
 * The dispatcher's database, open: {@link #tasks()} and {@link #history()} keep theirs in it. One
 * connection writes ({@link GroupCommit}), a few read.
 */
public final class TaskDatabase implements AutoCloseable {
  private final GroupCommit writer;
  private final Readers readers;

  private TaskDatabase(GroupCommit writer, Readers readers) {
    this.writer = writer;
    this.readers = readers;
  }

  /**
   * Opens or makes a SQLite file and brings its tables up to date.
   *
   * @throws IllegalStateException when it cannot be opened
   */
  public static TaskDatabase sqlite(Path file) {
    return open(new SqliteDialect(file));
  }

  /**
   * Opens a schema of PostgreSQL, makes it when it is not there, and brings its tables up to date.
   *
   * @throws IllegalStateException when it cannot be opened or made; says what to do
   */
  public static TaskDatabase postgres(PostgresSchema schema) {
    return open(new PostgresDialect(schema));
  }

  static TaskDatabase open(SqlDialect dialect) {
    dialect.migrate();
    try {
      return new TaskDatabase(new GroupCommit(dialect).start(), new Readers(dialect));
    } catch (SQLException e) {
      throw new IllegalStateException(
          "The store %s cannot be opened: %s".formatted(dialect.name(), e.getMessage()), e);
    }
  }

  /** The tasks. Closing it closes this database. */
  public TaskStore tasks() {
    return new SqlTaskStore(this);
  }

  /** What was learnt of workloads. Closing it closes this database. */
  public HistoryStore history() {
    return new SqlHistoryStore(this);
  }

  /** Makes a change and returns when it is on disk; see {@link GroupCommit}. */
  <T> T write(GroupCommit.Change<T> change) {
    return writer.write(change);
  }

  <T> T read(Readers.Read<T> read) {
    return readers.read(read);
  }

  /** What was asked for is written first. Harmless when closed already. */
  @Override
  public void close() {
    writer.close();
    readers.close();
  }
}
