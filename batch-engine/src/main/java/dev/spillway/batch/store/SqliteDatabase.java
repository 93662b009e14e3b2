package dev.spillway.batch.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;

/**
 * One SQLite file, {@code batch.db}. WAL and {@code synchronous=FULL}: a commit is on disk when it
 * returns, readers do not wait for it. A lock file keeps a second writer out.
 */
final class SqliteDatabase implements SqlDatabase {
  /** Pages are read where the system has them; looking a job up costs no copy of six of them. */
  private static final long MAPPED_BYTES = 2L << 30;

  private final String url;
  private final StoreLock lock;

  /**
   * Takes the lock of the data folder.
   *
   * @throws IllegalStateException when another process has it
   */
  SqliteDatabase(Path dataDirectory) {
    lock = StoreLock.take(dataDirectory);
    url = "jdbc:sqlite:" + dataDirectory.resolve("batch.db");
  }

  @Override
  public String name() {
    return "batch.db";
  }

  @Override
  public void migrate() {
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/batch/sqlite")
        .load()
        .migrate();
  }

  @Override
  public Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("pragma journal_mode=wal");
      statement.execute("pragma synchronous=full");
      statement.execute("pragma busy_timeout=10000");
      statement.execute("pragma mmap_size=" + MAPPED_BYTES);
    }
    return connection;
  }

  @Override
  public void close() {
    lock.close();
  }
}
