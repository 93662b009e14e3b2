package dev.spillway.lambda.store;

import dev.spillway.lambda.async.Ending;
import dev.spillway.lambda.async.EventStore;
import dev.spillway.lambda.async.QueuedEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One row an event. Payloads are read for events that are taken up, and for no others. */
final class SqliteEventStore implements EventStore {
  private static final String COLUMNS =
      "seq, request_id, function_name, qualifier, payload, received_at, attempts, requeues, hops,"
          + " ending";

  private final GroupCommit writer;
  private final Connection reading;

  SqliteEventStore(GroupCommit writer, Connection reading) {
    this.writer = writer;
    this.reading = reading;
  }

  private interface Query<T> {
    T run(Connection db) throws SQLException;
  }

  private <T> T read(Query<T> query) {
    synchronized (reading) {
      try {
        return query.run(reading);
      } catch (SQLException e) {
        throw new IllegalStateException("functions.db cannot be read: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public List<QueuedEvent> due(
      Instant now, boolean ended, int most, Set<Long> but, Set<String> butOf) {
    List<String> without = List.copyOf(butOf);
    String sql =
        "SELECT "
            + COLUMNS
            + " FROM event WHERE ended = ? AND due_at <= ?"
            + (but.isEmpty() ? "" : " AND seq NOT IN (" + marks(but.size()) + ")")
            + (without.isEmpty() ? "" : " AND function_name NOT IN (" + marks(without.size()) + ")")
            + " ORDER BY due_at, seq LIMIT ?";
    return read(
        db -> {
          try (PreparedStatement select = db.prepareStatement(sql)) {
            int at = 1;
            select.setInt(at++, ended ? 1 : 0);
            select.setLong(at++, now.toEpochMilli());
            for (long seq : but) {
              select.setLong(at++, seq);
            }
            for (String name : without) {
              select.setString(at++, name);
            }
            select.setInt(at, most);
            List<QueuedEvent> due = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                due.add(event(rows));
              }
            }
            return due;
          }
        });
  }

  private static String marks(int count) {
    return String.join(",", java.util.Collections.nCopies(count, "?"));
  }

  private static QueuedEvent event(ResultSet row) throws SQLException {
    return new QueuedEvent(
        row.getLong("seq"),
        row.getString("request_id"),
        row.getString("function_name"),
        row.getString("qualifier"),
        row.getBytes("payload"),
        Instant.ofEpochMilli(row.getLong("received_at")),
        row.getInt("attempts"),
        row.getInt("requeues"),
        row.getInt("hops"),
        Optional.ofNullable(row.getString("ending")).map(Ending::read));
  }

  @Override
  public Optional<Instant> nextAfter(Instant now) {
    return read(
        db -> {
          try (PreparedStatement select =
              db.prepareStatement(
                  "SELECT min(due_at) FROM (SELECT min(due_at) AS due_at FROM event WHERE ended = 0"
                      + " AND due_at > ?1 UNION ALL SELECT min(due_at) FROM event WHERE ended = 1"
                      + " AND due_at > ?1)")) {
            select.setLong(1, now.toEpochMilli());
            try (ResultSet row = select.executeQuery()) {
              long at = row.next() ? row.getLong(1) : 0;
              return at == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(at));
            }
          }
        });
  }

  @Override
  public Size size() {
    return read(
        db -> {
          try (PreparedStatement select =
                  db.prepareStatement(
                      "SELECT count(*), coalesce(sum(length(payload)), 0) FROM event");
              ResultSet row = select.executeQuery()) {
            row.next();
            return new Size(row.getLong(1), row.getLong(2));
          }
        });
  }

  @Override
  public void add(QueuedEvent event) {
    writer.write(db -> insert(db, event));
  }

  private static int insert(Connection db, QueuedEvent event) throws SQLException {
    return run(
        db,
        "INSERT INTO event (request_id, function_name, qualifier, payload, received_at, due_at,"
            + " hops) VALUES (?, ?, ?, ?, ?, ?, ?)",
        event.requestId(),
        event.functionName(),
        event.qualifier(),
        event.payload(),
        event.receivedAt().toEpochMilli(),
        event.receivedAt().toEpochMilli(),
        event.hops());
  }

  @Override
  public void requeue(long seq, Instant dueAt, int attempts, int requeues) {
    writer.write(
        db ->
            run(
                db,
                "UPDATE event SET due_at = ?, attempts = ?, requeues = ? WHERE seq = ?",
                dueAt.toEpochMilli(),
                attempts,
                requeues,
                seq));
  }

  @Override
  public void end(long seq, Ending ending, Instant dueAt) {
    String json = ending.write();
    writer.write(
        db ->
            run(
                db,
                "UPDATE event SET ended = 1, ending = ?, due_at = ?, requeues = 0 WHERE seq = ?",
                json,
                dueAt.toEpochMilli(),
                seq));
  }

  @Override
  public void tellLater(long seq, Instant dueAt, int tries) {
    writer.write(
        db ->
            run(
                db,
                "UPDATE event SET due_at = ?, requeues = ? WHERE seq = ?",
                dueAt.toEpochMilli(),
                tries,
                seq));
  }

  @Override
  public void told(long seq, Ending rest, Optional<QueuedEvent> handedOn) {
    String json = rest.write();
    writer.write(
        db -> {
          if (handedOn.isPresent()) {
            insert(db, handedOn.get());
          }
          return run(db, "UPDATE event SET ending = ? WHERE seq = ?", json, seq);
        });
  }

  @Override
  public void remove(long seq) {
    writer.write(db -> run(db, "DELETE FROM event WHERE seq = ?", seq));
  }

  private static int run(Connection db, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = db.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }
}
