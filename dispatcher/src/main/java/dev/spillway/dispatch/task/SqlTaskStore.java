package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.TaskStatus;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The task store in a database, with the same statements for each. Several may be open on one
 * PostgreSQL schema, in one process or many.
 */
final class SqlTaskStore implements TaskStore {
  private final TaskDatabase database;

  SqlTaskStore(TaskDatabase database) {
    this.database = database;
  }

  @Override
  public Submitted submit(List<NewTask> tasks) {
    return database.write(
        db -> {
          for (NewTask task : tasks) {
            Optional<String> key = task.task().document().idempotencyKey();
            if (key.isPresent() && keyed(db, key.get()).isPresent()) {
              return new Submitted.KeyTaken(key.get());
            }
          }
          for (NewTask task : tasks) {
            TaskRows.insert(db, task);
          }
          return new Submitted.Stored();
        });
  }

  @Override
  public boolean replace(Task task, Optional<HopLog> log) {
    return database.write(db -> TaskRows.replace(db, task, log));
  }

  @Override
  public boolean make(Task parent, List<NewTask> children) {
    return database.write(
        db -> {
          if (!TaskRows.replace(db, parent, Optional.empty())) {
            return false;
          }
          for (NewTask child : children) {
            TaskRows.insert(db, child);
          }
          return true;
        });
  }

  @Override
  public Optional<Task> find(String taskId) {
    return database.read(
        db ->
            db.first(
                "SELECT " + TaskRows.COLUMNS + " FROM task WHERE task_id=?",
                TaskRows::task,
                taskId));
  }

  @Override
  public List<String> startingWith(String prefix, int most) {
    return database.read(
        db ->
            TaskRows.ids(
                db,
                "SELECT task_id FROM task WHERE task_id >= ? AND task_id < ?"
                    + " AND parent IS NULL ORDER BY task_id LIMIT ?",
                prefix,
                prefix + "\uffff",
                most));
  }

  @Override
  public Optional<Keyed> byKey(String idempotencyKey) {
    return database.read(db -> keyed(db, idempotencyKey));
  }

  private static Optional<Keyed> keyed(Session db, String key) throws SQLException {
    return db.first(
        "SELECT task_id, document_hash FROM task WHERE idempotency_key=?",
        r -> new Keyed(r.getString(1), r.getString(2)),
        key);
  }

  @Override
  public Optional<byte[]> payload(String taskId) {
    return database.read(
        db ->
            db.first(
                "SELECT payload FROM task_payload WHERE task_id=?", r -> r.getBytes(1), taskId));
  }

  @Override
  public Page list(Filter filter, Optional<String> token, int maxResults) {
    return TaskListing.page(database, filter, token, maxResults);
  }

  @Override
  public Page children(
      String parentId, List<TaskStatus> statuses, Optional<String> token, int maxResults) {
    return ChildListing.page(database, parentId, statuses, token, maxResults);
  }

  @Override
  public Map<TaskStatus, Integer> childCounts(String parentId) {
    return database.read(db -> ChildListing.counts(db, parentId));
  }

  @Override
  public List<String> due(Instant now, int most) {
    return database.read(
        db ->
            TaskRows.ids(
                db,
                "SELECT task_id FROM task WHERE due_at <= ? ORDER BY due_at LIMIT ?",
                now.toEpochMilli(),
                most));
  }

  @Override
  public Optional<Instant> nextDue() {
    return database.read(
        db ->
            db.first(
                "SELECT due_at FROM task WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
                r -> Instant.ofEpochMilli(r.getLong(1))));
  }

  @Override
  public List<String> live() {
    return database.read(
        db -> TaskRows.ids(db, "SELECT task_id FROM task WHERE live=1 ORDER BY seq"));
  }

  @Override
  public List<String> dependents(String taskId) {
    return database.read(
        db -> TaskRows.ids(db, "SELECT task_id FROM task_dependency WHERE depends_on=?", taskId));
  }

  @Override
  public List<Ended> ended(int most) {
    return database.read(
        db ->
            db.query(
                "SELECT seq, task_id, succeeded FROM task_ended ORDER BY seq LIMIT ?",
                r -> new Ended(r.getLong(1), r.getString(2), r.getLong(3) == 1),
                most));
  }

  @Override
  public void told(List<Long> sequences) {
    database.write(
        db -> {
          db.runAll(
              "DELETE FROM task_ended WHERE seq=?",
              sequences.stream().map(sequence -> new Object[] {sequence}).toList());
          return null;
        });
  }

  @Override
  public Optional<String> hopLog(String taskId, int hop) {
    return database.read(
        db ->
            db.first(
                "SELECT log FROM hop_log WHERE task_id=? AND hop=?",
                r -> r.getString(1),
                taskId,
                hop));
  }

  @Override
  public List<Task> withObjects(Instant endedBefore, int most) {
    return database.read(
        db ->
            db.query(
                "SELECT " + TaskRows.COLUMNS + " FROM task" + Forgetting.EXPIRED,
                TaskRows::task,
                1,
                endedBefore.toEpochMilli(),
                most));
  }

  @Override
  public void objectsGone(List<String> taskIds) {
    if (!taskIds.isEmpty()) {
      database.write(
          db -> {
            db.runAll(
                "UPDATE task SET objects=0 WHERE task_id=?",
                taskIds.stream().map(id -> new Object[] {id}).toList());
            return null;
          });
    }
  }

  @Override
  public int forget(Instant endedBefore, int most) {
    return database.write(db -> Forgetting.forget(db, endedBefore, most));
  }

  @Override
  public void close() {
    database.close();
  }
}
