package dev.spillway.batch.wiring;

import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.capacity.DockerHost;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineBusyException;
import dev.spillway.batch.engine.JobEventBus;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.HostEngines;
import dev.spillway.batch.execution.Secrets;
import dev.spillway.batch.execution.scripted.Script;
import dev.spillway.batch.execution.scripted.ScriptedExecutor;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.logs.LogStreams;
import dev.spillway.batch.testkit.Fixtures;
import dev.spillway.batch.testkit.VirtualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine on its real store, stopped and started again. */
class EmbeddedEngineTest {
  private static final HostEngines NO_HOSTS =
      new HostEngines() {
        @Override
        public Optional<Facts> ask(DockerHost host) {
          return Optional.empty();
        }

        @Override
        public Executor connect(Instance host) {
          throw new IllegalStateException("there are no hosts");
        }
      };

  @TempDir Path data;
  private final VirtualClock clock = new VirtualClock(T0);
  private final ScriptedExecutor executor =
      new ScriptedExecutor(clock, _ -> Script.succeedsAfter(Duration.ofMinutes(10)));
  private final List<OutboxEvent.JobStateChange> told = new CopyOnWriteArrayList<>();
  private EmbeddedEngine engine;

  @BeforeEach
  void start() {
    var bus = new JobEventBus();
    bus.subscribe(event -> told.add((OutboxEvent.JobStateChange) event));
    var settings =
        new BatchSettings(
            data,
            ARNS.region(),
            ARNS.account(),
            2,
            1024,
            Duration.ofSeconds(1),
            "scripted",
            List.of(),
            false,
            10_000,
            Duration.ofDays(7),
            Duration.ofDays(7));
    engine =
        new EmbeddedEngine(
            settings,
            new EmbeddedEngine.Surroundings(
                executor, NO_HOSTS, Secrets.NONE, LogStreams.NONE, clock, () -> {}),
            bus);
    engine.start();
  }

  @AfterEach
  void stop() {
    engine.stop();
  }

  private void restart() {
    engine.stop();
    start();
  }

  private void submit(String id) {
    engine.ask(Fixtures.submit(aJob(id).build(), engine.view().version()));
  }

  private JobStatus status(String id) {
    return engine
        .view()
        .job(id)
        .or(() -> engine.journal().find(List.of(id)).stream().findFirst())
        .map(Job::status)
        .orElseThrow();
  }

  private void until(String id, JobStatus status) {
    await()
        .untilAsserted(
            () -> {
              executor.play();
              assertThat(status(id)).isEqualTo(status);
            });
  }

  private void three_jobs_of_which_two_run() {
    engine.ask(new Command.CreateComputeEnvironment(environment("ce", 2)));
    engine.ask(new Command.CreateJobQueue(queue("q", 1, "ce")));
    submit("1");
    submit("2");
    submit("3");
    until("1", JobStatus.RUNNING);
    until("2", JobStatus.RUNNING);
  }

  @Test
  void a_restart_adopts_what_runs_and_runs_nothing_again() {
    three_jobs_of_which_two_run();
    var before = new HashSet<>(engine.view().liveJobs());
    restart();
    assertThat(new HashSet<>(engine.view().liveJobs())).isEqualTo(before);
    assertThat(status("3")).isEqualTo(JobStatus.RUNNABLE);
    clock.advance(Duration.ofMinutes(10));
    until("1", JobStatus.SUCCEEDED);
    until("2", JobStatus.SUCCEEDED);
    until("3", JobStatus.RUNNING);
    assertThat(executor.starts()).extracting(Attempt::id).doesNotHaveDuplicates().hasSize(3);
    assertThat(engine.view().job("1")).isEmpty();
    await()
        .untilAsserted(
            () ->
                assertThat(told)
                    .filteredOn(c -> c.jobId().equals("1"))
                    .extracting(OutboxEvent.JobStateChange::status)
                    .endsWith(JobStatus.SUCCEEDED));
    assertThat(told)
        .extracting(OutboxEvent.JobStateChange::sequence)
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  void what_was_lost_with_the_machine_ends_as_a_lost_host() {
    three_jobs_of_which_two_run();
    executor.loseEverything();
    restart();
    until("1", JobStatus.FAILED);
    Job lost = engine.journal().find(List.of("1")).getFirst();
    assertThat(lost.attempts().getFirst().end().statusReason())
        .matches("Host EC2 \\(instance i-[0-9a-f]{17}\\) terminated\\.");
    until("3", JobStatus.RUNNING);
  }

  @Test
  void a_stop_that_was_asked_for_before_the_crash_is_asked_for_again() {
    three_jobs_of_which_two_run();
    engine.ask(new Command.TerminateJob("1", "enough"));
    restart();
    clock.advance(Duration.ofSeconds(2));
    until("1", JobStatus.FAILED);
    assertThat(engine.journal().find(List.of("1")).getFirst().terminated()).isTrue();
  }

  @Test
  void a_second_engine_on_the_folder_is_refused_and_a_stopped_one_answers_so() {
    var second =
        new EmbeddedEngine(
            new BatchSettings(
                data,
                ARNS.region(),
                ARNS.account(),
                2,
                1024,
                Duration.ofSeconds(1),
                "scripted",
                List.of(),
                false,
                10_000,
                Duration.ofDays(7),
                Duration.ofDays(7)),
            new EmbeddedEngine.Surroundings(
                executor, NO_HOSTS, Secrets.NONE, LogStreams.NONE, clock, () -> {}),
            new JobEventBus());
    assertThatThrownBy(second::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in use by process");
    assertThat(engine.running()).isTrue();
    engine.stop();
    assertThat(engine.running()).isFalse();
    assertThatThrownBy(() -> engine.ask(new Command.CancelJob("x", "y")))
        .isInstanceOf(EngineBusyException.class);
  }
}
