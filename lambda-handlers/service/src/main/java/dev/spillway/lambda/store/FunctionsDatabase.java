package dev.spillway.lambda.store;

import dev.spillway.lambda.async.EventStore;
import dev.spillway.lambda.function.FunctionDocument;
import dev.spillway.lambda.function.FunctionStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;

/**
 * The SQLite file {@code functions.db}: WAL, and an fsync before a commit is answered. One
 * connection writes ({@link GroupCommit}), one reads.
 */
public final class FunctionsDatabase implements AutoCloseable {
  private final Connection writing;
  private final Connection reading;
  private final GroupCommit writer;
  private final SqliteFunctionStore functions;
  private final SqliteEventStore events;

  private FunctionsDatabase(Connection writing, Connection reading, FunctionDocument documents) {
    this.writing = writing;
    this.reading = reading;
    this.writer = new GroupCommit(writing).start();
    this.functions = new SqliteFunctionStore(writer, reading, documents);
    this.events = new SqliteEventStore(writer, reading);
  }

  /** Opens or creates the file in this data folder and brings its tables up to date. */
  public static FunctionsDatabase open(Path dataDirectory) {
    String url = "jdbc:sqlite:" + dataDirectory.resolve("functions.db");
    try {
      Files.createDirectories(dataDirectory);
      Flyway.configure()
          .dataSource(url, null, null)
          .locations("classpath:db/functions")
          .loggers("slf4j")
          .load()
          .migrate();
      Connection writing = connect(url);
      writing.setAutoCommit(false);
      return new FunctionsDatabase(writing, connect(url), new FunctionDocument(dataDirectory));
    } catch (SQLException e) {
      throw new IllegalStateException("functions.db cannot be opened: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(dataDirectory + " cannot be made", e);
    }
  }

  private static Connection connect(String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA synchronous=FULL");
      statement.execute("PRAGMA busy_timeout=10000");
    }
    return connection;
  }

  public FunctionStore functions() {
    return functions;
  }

  public EventStore events() {
    return events;
  }

  @Override
  public void close() {
    writer.close();
    try {
      reading.close();
      writing.close();
    } catch (SQLException e) {
      throw new IllegalStateException("functions.db cannot be closed: " + e.getMessage(), e);
    }
  }
}
