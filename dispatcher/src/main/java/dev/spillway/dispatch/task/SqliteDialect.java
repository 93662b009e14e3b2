package dev.spillway.dispatch.task;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;

/** One SQLite file: WAL, and an fsync before a commit is answered. */
final class SqliteDialect implements SqlDialect {
  private final String url;
  private final String name;

  SqliteDialect(Path file) {
    url = "jdbc:sqlite:" + file;
    name = String.valueOf(file.getFileName());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void migrate() {
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/tasks/sqlite")
        .loggers("slf4j")
        .load()
        .migrate();
  }

  @Override
  public Connection reader() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA synchronous=FULL");
      statement.execute("PRAGMA busy_timeout=10000");
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  /** The driver begins the next transaction with the end of the last; so it is left out of this. */
  @Override
  public Connection writer() throws SQLException {
    return reader();
  }

  /** Takes the file's one write lock at once: one that had read before could not have it later. */
  @Override
  public void begin(Session session) throws SQLException {
    session.run("BEGIN IMMEDIATE");
  }

  @Override
  public void commit(Session session) throws SQLException {
    session.run("COMMIT");
  }

  @Override
  public void rollback(Session session) throws SQLException {
    session.run("ROLLBACK");
  }

  @Override
  public String text(String value) {
    return value;
  }
}
