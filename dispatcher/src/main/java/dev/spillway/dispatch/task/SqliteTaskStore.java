package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.flywaydb.core.Flyway;

/**
 * The task store in one SQLite file: WAL, and an fsync before a commit is answered. One connection
 * writes ({@link GroupCommit}), a few read.
 */
public final class SqliteTaskStore implements TaskStore {
  private static final int READERS = 4;
  private static final String COLUMNS =
      "seq, task_id, version, created_at, document, fixed, journey, result, result_s3";

  private final Connection writing;
  private final GroupCommit writer;
  private final List<Connection> readers = new ArrayList<>();
  private volatile boolean closed;
  private final BlockingQueue<Connection> free = new ArrayBlockingQueue<>(READERS);

  /** Opens or creates the file and brings its tables up to date. */
  public SqliteTaskStore(Path file) {
    String url = "jdbc:sqlite:" + file;
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/tasks")
        .loggers("slf4j")
        .load()
        .migrate();
    try {
      writing = open(url);
      writing.setAutoCommit(false);
      for (int i = 0; i < READERS; i++) {
        readers.add(open(url));
      }
    } catch (SQLException e) {
      throw new IllegalStateException("tasks.db cannot be opened: " + e.getMessage(), e);
    }
    free.addAll(readers);
    writer = new GroupCommit(writing);
  }

  private static Connection open(String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA synchronous=FULL");
      statement.execute("PRAGMA busy_timeout=10000");
    }
    return connection;
  }

  @Override
  public Submitted submit(List<NewTask> tasks) {
    return writer.write(
        db -> {
          for (NewTask task : tasks) {
            Optional<String> key = task.task().document().idempotencyKey();
            if (key.isPresent() && keyed(db, key.get()).isPresent()) {
              return new Submitted.KeyTaken(key.get());
            }
          }
          for (NewTask task : tasks) {
            insert(db, task);
          }
          return new Submitted.Stored();
        });
  }

  private static void insert(Connection db, NewTask created) throws SQLException {
    Task task = created.task();
    long seq;
    try (PreparedStatement insert =
        db.prepareStatement(
            "INSERT INTO task (task_id, version, status, workload, route, created_at, due_at, live,"
                + " idempotency_key, document_hash, document, fixed, journey)"
                + " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING seq")) {
      insert.setString(1, task.taskId());
      insert.setLong(2, task.version());
      insert.setString(3, task.status().name());
      insert.setString(4, task.document().workload().orElse(null));
      insert.setString(5, task.route().word());
      insert.setLong(6, task.createdAt().toEpochMilli());
      insert.setObject(7, task.journey().wakeAt().map(Instant::toEpochMilli).orElse(null));
      insert.setInt(8, task.journey().live() ? 1 : 0);
      insert.setString(9, task.document().idempotencyKey().orElse(null));
      insert.setString(10, created.documentHash());
      insert.setString(11, task.document().json().toString());
      insert.setString(12, TaskJson.fixed(task));
      insert.setString(13, TaskJson.journey(task.journey()));
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        seq = row.getLong(1);
      }
    }
    if (created.payload().isPresent()) {
      run(
          db,
          "INSERT INTO task_payload (task_id, payload) VALUES (?,?)",
          task.taskId(),
          created.payload().get());
    }
    for (Map.Entry<String, String> tag : task.document().tags().entrySet()) {
      run(
          db,
          "INSERT INTO task_tag (tag, value, seq) VALUES (?,?,?)",
          tag.getKey(),
          tag.getValue(),
          seq);
    }
    for (String id : created.dependsOn()) {
      run(
          db,
          "INSERT OR IGNORE INTO task_dependency (depends_on, task_id) VALUES (?,?)",
          id,
          task.taskId());
    }
  }

  @Override
  public boolean replace(Task task, Optional<HopLog> log) {
    return writer.write(
        db -> {
          Journey journey = task.journey();
          List<TaskStatus> before =
              query(
                  db,
                  "SELECT status FROM task WHERE task_id=? AND version=?",
                  r -> TaskStatus.valueOf(r.getString(1)),
                  task.taskId(),
                  task.version() - 1);
          if (before.isEmpty()) {
            return false;
          }
          run(
              db,
              "UPDATE task SET version=?, status=?, route=?, due_at=?, live=?, journey=?,"
                  + " result=?, result_s3=?, ended_at=? WHERE task_id=? AND version=?",
              task.version(),
              task.status().name(),
              task.route().word(),
              journey.wakeAt().map(Instant::toEpochMilli).orElse(null),
              journey.live() ? 1 : 0,
              TaskJson.journey(journey),
              task.result().flatMap(TaskResult::json).orElse(null),
              task.result().flatMap(TaskResult::s3Uri).orElse(null),
              endedAt(task),
              task.taskId(),
              task.version() - 1);
          if (log.isPresent()) {
            run(
                db,
                "INSERT OR REPLACE INTO hop_log (task_id, hop, log) VALUES (?,?,?)",
                task.taskId(),
                log.get().hop(),
                log.get().text());
          }
          if (task.status().terminal() && !before.getFirst().terminal()) {
            run(
                db,
                "INSERT INTO task_ended (task_id, succeeded)"
                    + " SELECT ?, ? WHERE EXISTS (SELECT 1 FROM task_dependency WHERE depends_on=?)",
                task.taskId(),
                task.status() == TaskStatus.SUCCEEDED ? 1 : 0,
                task.taskId());
          }
          return true;
        });
  }

  private static Long endedAt(Task task) {
    return switch (task.journey().state()) {
      case TaskState.Succeeded(Instant since, _) -> since.toEpochMilli();
      case TaskState.Failed(Instant since, _) -> since.toEpochMilli();
      case TaskState.Pending _, TaskState.Runnable _, TaskState.Starting _, TaskState.Running _ ->
          null;
    };
  }

  @Override
  public Optional<Task> find(String taskId) {
    return read(
        db ->
            first(
                query(db, "SELECT " + COLUMNS + " FROM task WHERE task_id=?", Row::task, taskId)));
  }

  @Override
  public List<String> startingWith(String prefix, int most) {
    return read(
        db ->
            query(
                db,
                "SELECT task_id FROM task WHERE task_id >= ? AND task_id < ? LIMIT ?",
                r -> r.getString(1),
                prefix,
                prefix + "\uffff",
                most));
  }

  @Override
  public Optional<Keyed> byKey(String idempotencyKey) {
    return read(db -> keyed(db, idempotencyKey));
  }

  private static Optional<Keyed> keyed(Connection db, String key) throws SQLException {
    return first(
        query(
            db,
            "SELECT task_id, document_hash FROM task WHERE idempotency_key=?",
            r -> new Keyed(r.getString(1), r.getString(2)),
            key));
  }

  @Override
  public Optional<byte[]> payload(String taskId) {
    return read(
        db ->
            first(
                query(
                    db,
                    "SELECT payload FROM task_payload WHERE task_id=?",
                    r -> r.getBytes(1),
                    taskId)));
  }

  @Override
  public Page list(Filter filter, Optional<String> token, int maxResults) {
    StringBuilder sql = new StringBuilder("SELECT " + COLUMNS + " FROM task WHERE 1=1");
    List<Object> values = new ArrayList<>();
    token.ifPresent(
        t -> {
          sql.append(" AND seq < ?");
          values.add(PageToken.sequence(t));
        });
    if (!filter.statuses().isEmpty()) {
      sql.append(" AND status IN (")
          .append(String.join(",", filter.statuses().stream().map(_ -> "?").toList()))
          .append(")");
      filter.statuses().forEach(s -> values.add(s.name()));
    }
    filter.workload().ifPresent(w -> and(sql, values, "workload = ?", w));
    filter.route().ifPresent(r -> and(sql, values, "route = ?", r.word()));
    filter.after().ifPresent(a -> and(sql, values, "created_at > ?", a.toEpochMilli()));
    filter.before().ifPresent(b -> and(sql, values, "created_at < ?", b.toEpochMilli()));
    filter
        .tags()
        .forEach(
            (tag, value) -> {
              sql.append(
                  " AND EXISTS (SELECT 1 FROM task_tag WHERE tag=? AND value=? AND seq=task.seq)");
              values.add(tag);
              values.add(value);
            });
    sql.append(" ORDER BY seq DESC LIMIT ?");
    values.add(maxResults + 1);
    record Numbered(long seq, Task task) {}
    List<Numbered> rows =
        read(
            db ->
                query(
                    db,
                    sql.toString(),
                    r -> new Numbered(r.getLong("seq"), Row.task(r)),
                    values.toArray()));
    boolean more = rows.size() > maxResults;
    List<Numbered> page = more ? rows.subList(0, maxResults) : rows;
    return new Page(
        page.stream().map(Numbered::task).toList(),
        more ? Optional.of(PageToken.of(page.getLast().seq())) : Optional.empty());
  }

  private static void and(StringBuilder sql, List<Object> values, String test, Object value) {
    sql.append(" AND ").append(test);
    values.add(value);
  }

  @Override
  public List<String> due(Instant now, int most) {
    return read(
        db ->
            query(
                db,
                "SELECT task_id FROM task WHERE due_at <= ? ORDER BY due_at LIMIT ?",
                r -> r.getString(1),
                now.toEpochMilli(),
                most));
  }

  @Override
  public Optional<Instant> nextDue() {
    return read(
        db ->
            first(
                query(
                    db,
                    "SELECT due_at FROM task WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
                    r -> Instant.ofEpochMilli(r.getLong(1)))));
  }

  @Override
  public List<String> live() {
    return read(
        db -> query(db, "SELECT task_id FROM task WHERE live=1 ORDER BY seq", r -> r.getString(1)));
  }

  @Override
  public List<String> dependents(String taskId) {
    return read(
        db ->
            query(
                db,
                "SELECT task_id FROM task_dependency WHERE depends_on=?",
                r -> r.getString(1),
                taskId));
  }

  @Override
  public List<Ended> ended(int most) {
    return read(
        db ->
            query(
                db,
                "SELECT seq, task_id, succeeded FROM task_ended ORDER BY seq LIMIT ?",
                r -> new Ended(r.getLong(1), r.getString(2), r.getInt(3) == 1),
                most));
  }

  @Override
  public void told(long sequence) {
    writer.write(db -> run(db, "DELETE FROM task_ended WHERE seq=?", sequence));
  }

  @Override
  public Optional<String> hopLog(String taskId, int hop) {
    return read(
        db ->
            first(
                query(
                    db,
                    "SELECT log FROM hop_log WHERE task_id=? AND hop=?",
                    r -> r.getString(1),
                    taskId,
                    hop)));
  }

  @Override
  public List<Task> withObjects(Instant endedBefore, int most) {
    return read(
        db ->
            query(
                db,
                "SELECT " + COLUMNS + " FROM task" + SqliteForgetting.EXPIRED,
                Row::task,
                1,
                endedBefore.toEpochMilli(),
                most));
  }

  @Override
  public void objectsGone(List<String> taskIds) {
    if (!taskIds.isEmpty()) {
      writer.write(
          db -> {
            for (String taskId : taskIds) {
              run(db, "UPDATE task SET objects=0 WHERE task_id=?", taskId);
            }
            return null;
          });
    }
  }

  @Override
  public int forget(Instant endedBefore, int most) {
    return writer.write(db -> SqliteForgetting.forget(db, endedBefore, most));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    writer.close();
    try {
      List<Connection> idle = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        idle.add(free.poll(5, java.util.concurrent.TimeUnit.SECONDS));
      }
      // Those that wait for a connection find one, and then that the store is closed.
      idle.stream().filter(java.util.Objects::nonNull).forEach(free::add);
      for (Connection reader : readers) {
        reader.close();
      }
      writing.close();
    } catch (SQLException e) {
      throw new IllegalStateException("tasks.db cannot be closed: " + e.getMessage(), e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private interface Read<T> {
    T apply(Connection db) throws SQLException;
  }

  private <T> T read(Read<T> read) {
    Connection db = null;
    try {
      db = free.poll(30, java.util.concurrent.TimeUnit.SECONDS);
      if (db == null || closed) {
        throw new IllegalStateException(
            closed ? "the task store is closed" : "the task store answered nobody for 30 s");
      }
      return read.apply(db);
    } catch (SQLException e) {
      throw new IllegalStateException("tasks.db cannot be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the task store was busy", e);
    } finally {
      if (db != null) {
        free.add(db);
      }
    }
  }

  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  static <T> List<T> query(Connection db, String sql, RowReader<T> reader, Object... values)
      throws SQLException {
    try (PreparedStatement statement = db.prepareStatement(sql)) {
      bind(statement, values);
      List<T> rows = new ArrayList<>();
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          rows.add(reader.read(found));
        }
      }
      return rows;
    }
  }

  static int run(Connection db, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = db.prepareStatement(sql)) {
      bind(statement, values);
      return statement.executeUpdate();
    }
  }

  private static void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }

  private static <T> Optional<T> first(List<T> rows) {
    return rows.isEmpty() ? Optional.empty() : Optional.of(rows.getFirst());
  }

  /** Reads {@link #COLUMNS}. */
  private static final class Row {
    private Row() {}

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
              : Optional.of(new TaskResult(result, resultS3)));
    }
  }

  /** A place in the list. */
  static final class PageToken {
    private PageToken() {}

    static String of(long sequence) {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(("t1:" + sequence).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @throws RefusedException for a token that is none of ours
     */
    static long sequence(String token) {
      try {
        String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        if (text.startsWith("t1:")) {
          return Long.parseLong(text.substring(3));
        }
      } catch (IllegalArgumentException _) {
        // told below
      }
      throw RefusedException.invalid(
          "nextToken", "", "nextToken: this is not a token of an earlier answer.");
    }
  }
}
