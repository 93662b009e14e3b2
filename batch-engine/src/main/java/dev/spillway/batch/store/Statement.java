package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.Optional;

/**
 * A prepared statement whose values are set in their order.
 *
 * <p>Times are epoch milliseconds, truths 0 and 1, an empty {@link Optional} is null: the same for
 * every database.
 */
final class Statement implements AutoCloseable {
  private final PreparedStatement statement;
  private final Arns arns;
  private int next = 1;
  private boolean waiting;

  Statement(PreparedStatement statement, Arns arns) {
    this.statement = statement;
    this.arns = arns;
  }

  /** The next values. */
  Statement with(Object... values) {
    try {
      for (Object value : values) {
        set(value instanceof Optional<?> optional ? optional.orElse(null) : value);
      }
      return this;
    } catch (SQLException e) {
      throw new JournalException("a value could not be set", e);
    }
  }

  /** Account and region, then the next values. */
  Statement keyed(Object... values) {
    return with(arns.account(), arns.region()).with(values);
  }

  private void set(Object value) throws SQLException {
    switch (value) {
      case null -> statement.setNull(next, Types.NULL);
      case String text -> statement.setString(next, text);
      case Integer number -> statement.setInt(next, number);
      case Long number -> statement.setLong(next, number);
      case Boolean truth -> statement.setInt(next, truth ? 1 : 0);
      case Instant at -> statement.setLong(next, at.toEpochMilli());
      case byte[] bytes -> statement.setBytes(next, bytes);
      default -> throw new IllegalStateException("no column holds a " + value.getClass());
    }
    next++;
  }

  /** Runs with the values set; returns the rows changed. */
  int update() throws SQLException {
    next = 1;
    return statement.executeUpdate();
  }

  /** Runs with the values set at the next {@link #flush}. */
  void later() {
    next = 1;
    waiting = true;
    try {
      statement.addBatch();
    } catch (SQLException e) {
      throw new JournalException("a row could not be added", e);
    }
  }

  void flush() throws SQLException {
    if (waiting) {
      waiting = false;
      statement.executeBatch();
    }
  }

  java.sql.ResultSet query() throws SQLException {
    next = 1;
    return statement.executeQuery();
  }

  @Override
  public void close() throws SQLException {
    statement.close();
  }
}
