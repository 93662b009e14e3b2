package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteTaskStoreTest extends SqlTaskStoreContract {
  @TempDir Path folder;

  @Override
  SqlDialect dialect() {
    return new SqliteDialect(folder.resolve("tasks.db"));
  }

  @Override
  Connection explaining() throws SQLException {
    return dialect().reader();
  }

  @Override
  String explain(String sql) {
    return "EXPLAIN QUERY PLAN " + sql;
  }

  @Override
  boolean scans(List<String> plan) {
    // What is in the order of its key needs no other index: the limit ends it. That in memory is
    // a page of the list, each part of it found by an index.
    return plan.stream()
        .anyMatch(
            step ->
                step.startsWith("SCAN")
                    && !step.matches("SCAN (found|s\\d|task_ended|task USING INDEX task_live)"));
  }

  @Test
  void a_file_of_the_version_before_is_opened_with_its_tags() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'payload': 1, 'tags': {'team': 'x'}}");
    String before = "jdbc:sqlite:" + folder.resolve("before.db");
    Flyway.configure()
        .dataSource(before, null, null)
        .locations("classpath:db/tasks/sqlite")
        .target("2")
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(before);
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + folder.resolve("tasks.db") + "' AS now");
      statement.execute(
          "INSERT INTO task SELECT seq, task_id, version, status, workload, route, created_at,"
              + " due_at, live, idempotency_key, document_hash, document, fixed, journey, result,"
              + " result_s3, ended_at, objects FROM now.task");
      statement.execute("INSERT INTO task_tag SELECT tag, value, seq FROM now.task_tag");
    }
    try (TaskDatabase database = TaskDatabase.sqlite(folder.resolve("before.db"))) {
      var tagged =
          new TaskStore.Filter(
              List.of(),
              Optional.empty(),
              Optional.empty(),
              Map.of("team", "x"),
              Optional.empty(),
              Optional.empty());
      assertThat(database.tasks().list(tagged, Optional.empty(), 10).tasks())
          .extracting(Task::taskId)
          .containsExactly(task.taskId());
      assertThat(database.history().learntTo()).isZero();
    }
  }
}
