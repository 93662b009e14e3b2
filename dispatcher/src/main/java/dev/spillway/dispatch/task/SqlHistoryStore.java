package dev.spillway.dispatch.task;

import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** What was learnt of workloads, in the tables {@code history} and {@code history_cursor}. */
final class SqlHistoryStore implements HistoryStore {
  private final TaskDatabase database;

  /** The cursor as this learner knows it. */
  private long known;

  SqlHistoryStore(TaskDatabase database) {
    this.database = database;
  }

  @Override
  public void each(Consumer<Entry> reader) {
    database.read(
        db -> {
          db.stream(
              "SELECT workload, learnt, updated_at FROM history ORDER BY workload",
              r -> new Entry(r.getString(1), r.getBytes(2), Instant.ofEpochMilli(r.getLong(3))),
              reader);
          return null;
        });
  }

  @Override
  public synchronized long learntTo() {
    known =
        database
            .read(
                db ->
                    db.first("SELECT learnt_to FROM history_cursor WHERE one=1", r -> r.getLong(1)))
            .orElseThrow();
    return known;
  }

  @Override
  public synchronized void write(List<Entry> changed, long learntTo) {
    if (learntTo < known) {
      throw new IllegalArgumentException(
          "the cursor is at %d and cannot go back to %d: ends between would be learnt from twice"
              .formatted(known, learntTo));
    }
    List<Object[]> rows =
        changed.stream()
            .map(e -> new Object[] {e.workload(), e.learnt(), e.updatedAt().toEpochMilli()})
            .toList();
    boolean mine =
        database.write(
            db -> {
              if (db.run(
                      "UPDATE history_cursor SET learnt_to=? WHERE one=1 AND learnt_to=?",
                      learntTo,
                      known)
                  == 0) {
                return false;
              }
              db.runAll(
                  "INSERT INTO history (workload, learnt, updated_at) VALUES (?,?,?)"
                      + " ON CONFLICT (workload) DO UPDATE"
                      + " SET learnt=excluded.learnt, updated_at=excluded.updated_at",
                  rows);
              return true;
            });
    if (!mine) {
      throw new OvertakenException(known);
    }
    known = learntTo;
  }

  @Override
  public void forget(String workload) {
    database.write(db -> db.run("DELETE FROM history WHERE workload=?", workload));
  }

  @Override
  public void close() {
    database.close();
  }
}
