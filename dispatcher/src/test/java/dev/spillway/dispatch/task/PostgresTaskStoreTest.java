package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PostgresTaskStoreTest extends SqlTaskStoreContract {
  private final BatchSettings.Postgres database = PostgresServer.database();

  private PostgresSchema schema(String region) {
    return PostgresSchema.of(
        database.url(), database.user(), database.password(), "123456789012", region);
  }

  @Override
  SqlDialect dialect() {
    return new PostgresDialect(schema("us-east-1"));
  }

  @Override
  Connection explaining() throws SQLException {
    Connection connection =
        DriverManager.getConnection(
            database.url() + "?preferQueryMode=simple",
            database.user().orElseThrow(),
            database.password().orElseThrow());
    connection.setSchema(schema("us-east-1").name());
    try (Statement statement = connection.createStatement()) {
      statement.execute("analyze");
    }
    return connection;
  }

  @Override
  String explain(String sql) {
    return "EXPLAIN (GENERIC_PLAN) " + sql;
  }

  /** A partial index, read whole, and one in the order of which a limit ends the reading. */
  private static final Pattern WHOLE_INDEX =
      Pattern.compile("Index (Only )?Scan (Backward )?using (task_live|task_due|task_ended_pkey) ");

  @Override
  boolean scans(List<String> plan) {
    for (int i = 0; i < plan.size(); i++) {
      String step = plan.get(i);
      boolean byValue = i + 1 < plan.size() && plan.get(i + 1).contains("Index Cond");
      if (step.contains("Seq Scan") && !step.contains("history_cursor")
          || step.contains("Index")
              && step.contains("Scan")
              && !byValue
              && !WHOLE_INDEX.matcher(step).find()) {
        return true;
      }
    }
    return false;
  }

  private void execute(String user, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(database.url(), user, database.password().orElseThrow());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void endSessions() throws SQLException {
    execute(
        "postgres",
        "select pg_terminate_backend(pid) from pg_stat_activity"
            + " where datname = current_database() and pid <> pg_backend_pid()");
  }

  @Test
  void connections_that_the_database_ended_are_opened_again() throws Exception {
    Task task = bench.submit("{'workload': 'resize', 'payload': 1}");
    endSessions();
    assertThat(store.find(task.taskId())).isPresent();
    endSessions();
    Task now = bench.now(task);
    assertThat(store.replace(now.moved(now.journey(), Optional.empty()), Optional.empty()))
        .isTrue();
    assertThat(bench.submit("{'workload': 'resize', 'payload': 2}").taskId()).isNotEmpty();
  }

  @Test
  void a_dispatcher_that_stopped_in_a_transaction_is_waited_for_and_not_longer() throws Exception {
    SqlDialect dialect = dialect();
    try (var stuck = new Session(dialect.writer(), dialect::text)) {
      dialect.begin(stuck);
      long start = System.nanoTime();
      assertThat(bench.submit("{'workload': 'resize', 'payload': 1}").taskId()).isNotEmpty();
      assertThat((System.nanoTime() - start) / 1_000_000).isBetween(5_000L, 20_000L);
    }
  }

  @Test
  void another_region_has_tasks_of_its_own() {
    Task task = bench.submit("{'workload': 'resize', 'payload': 1}");
    try (TaskDatabase west = TaskDatabase.postgres(schema("eu-west-1"))) {
      assertThat(west.tasks().find(task.taskId())).isEmpty();
    }
  }

  @Test
  void a_user_who_may_not_make_the_schema_is_told_who_can() throws Exception {
    execute("postgres", "create role guest login password 'postgres'");
    PostgresSchema west = schema("eu-west-1");
    var asGuest =
        new PostgresSchema(west.url(), Optional.of("guest"), west.password(), west.name());
    assertThatThrownBy(() -> TaskDatabase.postgres(asGuest))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(
            "create schema \"spillway_tasks_123456789012_eu_west_1\" authorization \"guest\"");
    execute("postgres", "create schema " + west.name() + " authorization guest");
    try (TaskDatabase made = TaskDatabase.postgres(asGuest)) {
      assertThat(made.tasks().live()).isEmpty();
    }
  }

  @Test
  void the_schema_stands_beside_the_one_that_the_url_names() {
    String url = database.url() + "?currentSchema=other&ssl=false";
    PostgresSchema beside =
        PostgresSchema.of(url, database.user(), database.password(), "123456789012", "us-east-1");
    assertThat(beside.name()).isEqualTo("other_tasks_123456789012_us_east_1");
    try (TaskDatabase made = TaskDatabase.postgres(beside)) {
      assertThat(made.tasks().live()).isEmpty();
    }
    assertThat(store.live()).isEmpty();
    assertThatThrownBy(
            () ->
                PostgresSchema.of(
                    database.url() + "?currentSchema=" + "x".repeat(60),
                    database.user(),
                    database.password(),
                    "123456789012",
                    "us-east-1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shorter name");
  }

  @Test
  void a_server_that_is_not_there_is_named_without_its_password() {
    var nowhere =
        new PostgresSchema(
            "jdbc:postgresql://127.0.0.1:1/jobs?ssl=false",
            Optional.of("me"),
            Optional.of("secret"),
            "tasks");
    assertThatThrownBy(() -> TaskDatabase.postgres(nowhere))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/jobs")
        .hasMessageNotContaining("secret");
    assertThat(nowhere.toString()).doesNotContain("secret");
  }
}
