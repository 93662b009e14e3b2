package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.SqlJournal;
import dev.spillway.batch.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A store that an earlier version wrote tells what that version told of it, and lives on. The files
 * of each version are in {@code src/test/resources/store}.
 */
class StoreFixtureTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FIXTURES = Path.of("src/test/resources/store");

  @TempDir Path data;

  @ParameterizedTest
  @CsvSource({"2,SQLite", "2,PostgreSQL", "3,SQLite", "3,PostgreSQL", "4,SQLite", "4,PostgreSQL"})
  void a_store_of_an_earlier_version_tells_the_same_and_lives_on(String version, String database)
      throws Exception {
    Path fixture = FIXTURES.resolve("v" + version);
    BatchSettings settings = ScriptedServer.settings(data);
    if (database.equals("SQLite")) {
      Files.copy(fixture.resolve("batch.db"), data.resolve("batch.db"));
    } else {
      settings = settings.storedIn(Optional.of(filled(version, fixture.resolve("rows.sql"))));
    }
    JsonNode jobs = JSON.readTree(fixture.resolve("jobs.json").toFile());
    List<String> ids = new ArrayList<>();
    List<String> live = new ArrayList<>();
    jobs.forEach(
        job -> {
          ids.add(job.path("jobId").asText());
          if (!job.path("status").asText().matches("SUCCEEDED|FAILED")) {
            live.add(job.path("jobId").asText());
          }
        });
    Optional<String> running =
        live.stream()
            .filter(id -> jobs.get(ids.indexOf(id)).path("status").asText().equals("RUNNING"))
            .findFirst();
    try (Journal journal = SqlJournal.open(settings)) {
      assertThat(StoreFixture.jobs(journal, ids)).isEqualTo(jobs);
      assertThat(StoreFixture.events(journal))
          .isEqualTo(JSON.readTree(fixture.resolve("events.json").toFile()));
      var loaded = journal.load();
      assertThat(loaded.liveJobs())
          .extracting(Job::id)
          .containsExactlyInAnyOrderElementsOf(live)
          .hasSize(4);
      assertThat(loaded.resources().computeEnvironments()).hasSize(2);
      assertThat(loaded.resources().jobQueues()).hasSize(3);
      assertThat(loaded.resources().jobDefinitions()).hasSize(4);
      assertThat(loaded.resources().schedulingPolicies()).hasSize(1);
      assertThat(loaded.resources().consumableResources()).hasSize(1);
      assertThat(journal.byIdempotencyKey("once")).isPresent();
    }
    livesOn(settings, live, running.orElseThrow());
  }

  /**
   * Its host was lost, so the job that ran fails, and what waited for it; the blocked one waits.
   */
  private static void livesOn(BatchSettings settings, List<String> live, String runs) {
    Instant start = Instant.now();
    try (ScriptedServer server = ScriptedServer.start(settings, InstantSource.system())) {
      EngineAccess engine = server.context.getBean(EngineAccess.class);
      assertThat(engine.ask(new Command.TerminateJob(runs, "enough")))
          .isInstanceOf(Outcome.Done.class);
      await()
          .untilAsserted(
              () ->
                  assertThat(engine.jobs().find(live).values())
                      .extracting(j -> j.status().name())
                      .containsExactlyInAnyOrder("FAILED", "FAILED", "FAILED", "RUNNABLE"));
      assertThat(engine.journal().eventsAfter(0, 1000).getLast().at()).isAfter(start);
    }
  }

  private static BatchSettings.Postgres filled(String version, Path rows) throws Exception {
    BatchSettings.Postgres database = PostgresServer.database();
    String user = database.user().orElseThrow();
    String password = database.password().orElseThrow();
    Flyway.configure()
        .dataSource(database.url(), user, password)
        .locations("classpath:db/batch/postgresql")
        .target(version)
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(database.url(), user, password);
        Statement statement = connection.createStatement()) {
      statement.execute(Files.readString(rows));
    }
    return database;
  }
}
