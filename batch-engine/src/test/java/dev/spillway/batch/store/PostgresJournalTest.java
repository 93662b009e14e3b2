package dev.spillway.batch.store;

import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.batch.Arns;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PostgresJournalTest extends JournalContract {
  private final BatchSettings.Postgres database = PostgresServer.database();

  @Override
  Journal open() {
    return open(database, ARNS);
  }

  private static SqlJournal open(BatchSettings.Postgres where, Arns arns) {
    return SqlJournal.open(new PostgresDatabase(where, arns), arns);
  }

  private static Step environmentIn(Journal journal) {
    return new Engine(limits(1, 1024), journal.load())
        .handle(List.of(new Command.CreateComputeEnvironment(environment("ce2", 1))), T0);
  }

  @Test
  void a_second_writer_is_refused_and_told_the_first_ones_process() {
    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("process " + ProcessHandle.current().pid() + " at 127.0.0.1")
        .hasMessageContaining(database.toString());
  }

  @Test
  void another_region_of_the_same_database_has_a_writer_of_its_own() {
    try (SqlJournal west = open(database, new Arns("eu-west-1", "123456789012"))) {
      assertThat(west.load().resources().computeEnvironments()).isEmpty();
      west.commit(environmentIn(west));
      assertThat(west.load().resources().computeEnvironments()).hasSize(1);
    }
  }

  @Test
  void a_writer_whose_session_the_database_ended_cannot_write_after_the_next() throws Exception {
    BatchSettings.Postgres own = PostgresServer.database();
    SqlJournal first = open(own, ARNS);
    Step late = environmentIn(first);
    endLockSessions(own);
    try (SqlJournal next = open(own, ARNS)) {
      assertThatThrownBy(() -> first.commit(late))
          .isInstanceOf(JournalException.class)
          .hasMessageContaining("taken over");
      assertThat(next.load().resources().computeEnvironments()).isEmpty();
    } finally {
      first.close();
    }
  }

  private static void endLockSessions(BatchSettings.Postgres where) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                where.url(), where.user().orElseThrow(), where.password().orElseThrow());
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
          where l.locktype = 'advisory' and d.datname = current_database()""");
    }
  }

  @Test
  void a_schema_of_its_own_is_a_store_of_its_own() throws Exception {
    try (Connection connection =
            DriverManager.getConnection(
                database.url(), database.user().orElseThrow(), database.password().orElseThrow());
        Statement statement = connection.createStatement()) {
      statement.execute("create schema other");
    }
    var other =
        new BatchSettings.Postgres(
            database.url() + "?currentSchema=other", database.user(), database.password());
    try (SqlJournal journal = open(other, ARNS)) {
      assertThat(journal.load().resources().computeEnvironments()).isEmpty();
    }
  }

  @Test
  void a_server_that_is_not_there_is_named_without_its_password() {
    var nowhere =
        new BatchSettings.Postgres(
            "jdbc:postgresql://127.0.0.1:1/jobs?ssl=false",
            Optional.of("me"),
            Optional.of("secret"));
    assertThatThrownBy(() -> open(nowhere, ARNS))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/jobs")
        .hasMessageNotContaining("secret");
    assertThat(nowhere.toString()).doesNotContain("secret");
  }
}
