package dev.spillway.dispatch.task;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/** Which tasks may be forgotten, and all that goes with one. */
final class Forgetting {
  /** Values: whether there are objects, ended before, most. Found by the index on the end. */
  static final String EXPIRED =
      " WHERE objects=? AND ended_at < ? AND live=0"
          + " AND NOT EXISTS (SELECT 1 FROM task_dependency d JOIN task w ON w.task_id=d.task_id"
          + " WHERE d.depends_on=task.task_id AND w.ended_at IS NULL)"
          // A value, not an EXISTS: a join would read every unfinished task.
          + " AND COALESCE((SELECT CASE WHEN p.ended_at IS NULL THEN 1 ELSE 0 END FROM task p"
          + " WHERE p.task_id=task.parent), 0) = 0"
          + " ORDER BY ended_at LIMIT ?";

  private record Expired(long seq, String taskId) {}

  private Forgetting() {}

  static int forget(Session db, Instant endedBefore, int most) throws SQLException {
    List<Expired> expired =
        db.query(
            "SELECT seq, task_id FROM task" + EXPIRED,
            r -> new Expired(r.getLong(1), r.getString(2)),
            0,
            endedBefore.toEpochMilli(),
            most);
    List<Object[]> ids = expired.stream().map(e -> new Object[] {e.taskId()}).toList();
    List<Object[]> numbers = expired.stream().map(e -> new Object[] {e.seq()}).toList();
    db.runAll("DELETE FROM task_payload WHERE task_id=?", ids);
    db.runAll("DELETE FROM hop_log WHERE task_id=?", ids);
    db.runAll("DELETE FROM task_dependency WHERE task_id=?", ids);
    db.runAll("DELETE FROM task_dependency WHERE depends_on=?", ids);
    db.runAll("DELETE FROM task_tag WHERE seq=?", numbers);
    db.runAll("DELETE FROM task WHERE seq=?", numbers);
    return expired.size();
  }
}
