package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How a task becomes rows, and a row a task. Times are epoch milliseconds, truths 0 and 1. */
final class TaskRows {
  /** What {@link #task} reads. */
  static final String COLUMNS =
      "task.task_id, version, task.created_at, document, fixed, journey, result, result_s3,"
          + " children";

  private TaskRows() {}

  /** Stores a new task with all that belongs to it. */
  static void insert(Session db, TaskStore.NewTask created) throws SQLException {
    Task task = created.task();
    long createdAt = task.createdAt().toEpochMilli();
    long seq =
        db.query(
                "INSERT INTO task (task_id, version, status, workload, route, created_at, due_at,"
                    + " live, idempotency_key, document_hash, document, fixed, journey, parent,"
                    + " children) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING seq",
                r -> r.getLong(1),
                task.taskId(),
                task.version(),
                task.status().name(),
                task.document().workload().orElse(null),
                task.route().word(),
                createdAt,
                dueAt(task),
                truth(task.journey().live()),
                task.document().idempotencyKey().orElse(null),
                created.documentHash(),
                task.document().json().toString(),
                TaskJson.fixed(task),
                TaskJson.journey(task.journey()),
                task.parent().orElse(null),
                task.array().map(ArrayJson::write).orElse(null))
            .getFirst();
    if (created.payload().isPresent()) {
      db.run(
          "INSERT INTO task_payload (task_id, payload) VALUES (?,?)",
          task.taskId(),
          created.payload().get());
    }
    if (task.parent().isEmpty()) {
      // Who looks for a tag finds the array, not each of its children.
      db.runAll(
          "INSERT INTO task_tag (tag, value, created_at, seq) VALUES (?,?,?,?)",
          task.document().tags().entrySet().stream()
              .map(tag -> new Object[] {tag.getKey(), tag.getValue(), createdAt, seq})
              .toList());
    }
    db.runAll(
        "INSERT INTO task_dependency (depends_on, task_id) VALUES (?,?) ON CONFLICT DO NOTHING",
        created.dependsOn().stream().map(id -> new Object[] {id, task.taskId()}).toList());
  }

  /** Returns false, and stores nothing, when the row does not have the version before this one. */
  static boolean replace(Session db, Task task, Optional<TaskStore.HopLog> log)
      throws SQLException {
    if (task.status().terminal()) {
      // Before the update, which hides that it had not ended until now.
      db.run(
          "INSERT INTO task_ended (task_id, succeeded) SELECT task_id, CAST(? AS BIGINT) FROM task"
              + " WHERE task_id=? AND version=? AND ended_at IS NULL",
          truth(task.status() == TaskStatus.SUCCEEDED),
          task.taskId(),
          task.version() - 1);
    }
    int changed =
        db.run(
            "UPDATE task SET version=?, status=?, route=?, due_at=?, live=?, journey=?, result=?,"
                + " result_s3=?, ended_at=?, children=? WHERE task_id=? AND version=?",
            task.version(),
            task.status().name(),
            task.route().word(),
            dueAt(task),
            truth(task.journey().live()),
            TaskJson.journey(task.journey()),
            task.result().flatMap(TaskResult::json).orElse(null),
            task.result().flatMap(TaskResult::s3Uri).orElse(null),
            endedAt(task),
            task.array().map(ArrayJson::write).orElse(null),
            task.taskId(),
            task.version() - 1);
    if (changed == 1 && log.isPresent()) {
      db.run(
          "INSERT INTO hop_log (task_id, hop, log) VALUES (?,?,?)"
              + " ON CONFLICT (task_id, hop) DO UPDATE SET log=excluded.log",
          task.taskId(),
          log.get().hop(),
          log.get().text());
    }
    return changed == 1;
  }

  private static Long dueAt(Task task) {
    return task.journey().wakeAt().map(Instant::toEpochMilli).orElse(null);
  }

  private static int truth(boolean value) {
    return value ? 1 : 0;
  }

  private static Long endedAt(Task task) {
    return switch (task.journey().state()) {
      case TaskState.Succeeded(Instant since, _) -> since.toEpochMilli();
      case TaskState.Failed(Instant since, _) -> since.toEpochMilli();
      case TaskState.Pending _, TaskState.Runnable _, TaskState.Starting _, TaskState.Running _ ->
          null;
    };
  }

  /** Reads {@link #COLUMNS}. */
  static Task task(ResultSet r) throws SQLException {
    TaskDocument document =
        DocumentRules.read(
            (ObjectNode) TaskJson.tree(r.getString("document")), "", new ArrayList<>());
    TaskJson.Fixed fixed = TaskJson.fixed(r.getString("fixed"));
    Optional<String> result = Optional.ofNullable(r.getString("result"));
    Optional<String> resultS3 = Optional.ofNullable(r.getString("result_s3"));
    return new Task(
        r.getString("task_id"),
        r.getLong("version"),
        Instant.ofEpochMilli(r.getLong("created_at")),
        document,
        fixed.target(),
        fixed.plan(),
        new Orders(fixed.legs(), document.retryStrategy(), document.timeout()),
        TaskJson.journey(r.getString("journey")),
        result.isEmpty() && resultS3.isEmpty()
            ? Optional.empty()
            : Optional.of(new TaskResult(result, resultS3)),
        Optional.ofNullable(r.getString("children")).map(ArrayJson::read));
  }

  /** Ids in the first column. */
  static List<String> ids(Session db, String sql, Object... values) throws SQLException {
    return db.query(sql, r -> r.getString(1), values);
  }
}
