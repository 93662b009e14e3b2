package dev.spillway.batch.store;

import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.RetryRules;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that an earlier version wrote is opened with all that is in it. */
class MigrationTest {
  @TempDir Path data;

  /** As version 1 wrote them. */
  private static final List<String> VERSION_1 =
      List.of(
          "insert into owner values ('123456789012', 'us-east-1', 3, 1, 7, 2)",
          """
          insert into compute_environment values ('123456789012', 'us-east-1', 'ce',
            '2f1c0000-0000-4000-8000-000000000000', 'ENABLED', 'VALID', 4, 0, 1000, 2,
            '{"type":"MANAGED","computeResources":{"type":"FARGATE","maxvCpus":4},"tags":{}}')""",
          """
          insert into job_queue values ('123456789012', 'us-east-1', 'q', 'ENABLED', 'VALID', 1, '["ce"]', 0, 1000, 2,
            '{"tags":{}}')""",
          """
          insert into job_definition values ('123456789012', 'us-east-1', 'jd', 1, 1, 0, 1000, '{"type":"container"}')""",
          """
          insert into job values ('123456789012', 'us-east-1', 'ended', 'One', 'one', 'q', 'jd:1', 'SUCCEEDED', 1000, 5000,
            'key', 'hash', '{"vcpuMillis":1000,"memoryMib":64,"attempts":1}',
            '{"order":1,"state":{"attempts":1,"statusReason":"Essential container in task exited","stoppedAt":5000},"attempts":[{"number":1,"on":{"computeEnvironment":"ce","cluster":"c","instanceId":"i-1","taskId":"t","placedAt":2000},"startedAt":3000,"statusReason":"Essential container in task exited","stoppedAt":5000,"exitCode":0}]}',
            '{"container":{"image":"busybox"},"tags":{"team":"x"}}')""",
          """
          insert into job values ('123456789012', 'us-east-1', 'waits', 'Two', 'two', 'q', 'jd:1', 'PENDING', 2000, null,
            null, null, '{"vcpuMillis":2000,"memoryMib":128,"timeoutSeconds":60,"dependsOn":["other"],"attempts":3,"evaluateOnExit":[{"action":"EXIT","onReason":"*"}]}',
            '{"order":2,"cancelled":true,"state":{"waitingFor":["other"]}}', '{"container":{"image":"busybox"}}')""");

  @Test
  void a_database_of_version_1_is_opened_with_all_its_jobs() throws Exception {
    String url = "jdbc:sqlite:" + data.resolve("batch.db");
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/batch/sqlite")
        .target("1")
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (String sql : VERSION_1) {
        statement.execute(sql);
      }
    }
    try (SqlJournal journal = SqlJournal.open(data, ARNS)) {
      Loaded loaded = journal.load();
      assertThat(loaded.counters().outbox()).isEqualTo(7);
      assertThat(loaded.resources().jobQueues()).hasSize(1);
      assertThat(loaded.resources().jobQueues().getFirst().schedulingPolicy()).isEmpty();
      assertThat(loaded.resources().jobDefinitions()).hasSize(1);
      Job waits = loaded.liveJobs().getFirst();
      assertThat(waits.state())
          .isEqualTo(new JobState.Pending(List.of("other"), Optional.empty(), false));
      assertThat(waits.cancelled()).isTrue();
      assertThat(waits.spec().dependsOn()).containsExactly(Dependency.on("other"));
      assertThat(waits.spec().timeout()).contains(Duration.ofSeconds(60));
      assertThat(waits.spec().needs().vcpuMillis()).isEqualTo(2000);
      assertThat(waits.spec().retry())
          .isEqualTo(
              new RetryRules(
                  3,
                  List.of(
                      new RetryRules.Rule(
                          Optional.empty(),
                          Optional.of("*"),
                          Optional.empty(),
                          RetryRules.Action.EXIT))));
      Job ended = journal.find(List.of("ended")).getFirst();
      assertThat(ended.status()).isEqualTo(JobStatus.SUCCEEDED);
      assertThat(ended.stoppedAt()).contains(Instant.ofEpochMilli(5000));
      assertThat(ended.attempts().getFirst().end().exitCode()).hasValue(0);
      assertThat(journal.byIdempotencyKey("key"))
          .contains(new Journal.KeyedJob("ended", "One", "hash"));
      assertThat(journal.details(List.of("ended", "waits")).get("ended").tags())
          .isEqualTo("{\"team\":\"x\"}");
      assertThat(journal.details(List.of("waits")).get("waits").tags()).isEqualTo("{}");
    }
  }
}
