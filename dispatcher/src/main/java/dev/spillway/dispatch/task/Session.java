package dev.spillway.dispatch.task;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A connection with the statements that it has prepared. For one thread at a time. */
final class Session implements AutoCloseable {
  /** Statements kept prepared; a list's filters make many different ones. */
  private static final int MOST_PREPARED = 64;

  /** Rows fetched at once where a result is streamed. */
  private static final int FETCH = 1000;

  private final Connection connection;
  private final UnaryOperator<String> text;
  private final Map<String, PreparedStatement> prepared = new LinkedHashMap<>(16, 0.75f, true);

  /** Reads one row. */
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  Session(Connection connection, UnaryOperator<String> text) {
    this.connection = connection;
    this.text = text;
  }

  <T> List<T> query(String sql, RowReader<T> reader, Object... values) throws SQLException {
    PreparedStatement statement = prepare(sql);
    bind(statement, values);
    List<T> rows = new ArrayList<>();
    try (ResultSet found = statement.executeQuery()) {
      while (found.next()) {
        rows.add(reader.read(found));
      }
    }
    return rows;
  }

  <T> Optional<T> first(String sql, RowReader<T> reader, Object... values) throws SQLException {
    List<T> rows = query(sql, reader, values);
    return rows.isEmpty() ? Optional.empty() : Optional.of(rows.getFirst());
  }

  /** All rows, of which only a few are in memory at once. */
  <T> void stream(String sql, RowReader<T> reader, Consumer<T> consumer) throws SQLException {
    connection.setAutoCommit(false); // PostgreSQL streams only within a transaction
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setFetchSize(FETCH);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          consumer.accept(reader.read(found));
        }
      }
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** Returns the number of rows changed. */
  int run(String sql, Object... values) throws SQLException {
    PreparedStatement statement = prepare(sql);
    bind(statement, values);
    return statement.executeUpdate();
  }

  /** The same statement with each of these values, in one round trip. */
  void runAll(String sql, List<Object[]> rows) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    PreparedStatement statement = prepare(sql);
    try {
      for (Object[] row : rows) {
        bind(statement, row);
        statement.addBatch();
      }
      statement.executeBatch();
    } finally {
      statement.clearBatch();
    }
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement known = prepared.get(sql);
    if (known != null) {
      return known;
    }
    if (prepared.size() >= MOST_PREPARED) {
      Iterator<PreparedStatement> longestUnused = prepared.values().iterator();
      longestUnused.next().close();
      longestUnused.remove();
    }
    PreparedStatement statement = connection.prepareStatement(sql);
    prepared.put(sql, statement);
    return statement;
  }

  private void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      statement.setObject(i + 1, value instanceof String written ? text.apply(written) : value);
    }
  }

  void commit() throws SQLException {
    connection.commit();
  }

  void rollback() throws SQLException {
    connection.rollback();
  }

  /** Whether the database still answers. */
  boolean usable() {
    try {
      return connection.isValid(5);
    } catch (SQLException _) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      org.slf4j.LoggerFactory.getLogger(Session.class).debug("a connection did not close", e);
    }
  }
}
