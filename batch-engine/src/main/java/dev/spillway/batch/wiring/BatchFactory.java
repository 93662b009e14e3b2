package dev.spillway.batch.wiring;

import dev.spillway.batch.Arns;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.BatchApi;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.engine.JobEventBus;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.HostEngines;
import dev.spillway.batch.execution.LocalSecrets;
import dev.spillway.batch.execution.docker.DockerHosts;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.logs.CloudWatchLogs;
import dev.spillway.batch.logs.JobLogs;
import dev.spillway.batch.logs.LogFiles;
import dev.spillway.batch.logs.LogStreams;
import dev.spillway.batch.logs.SqliteLogStreams;
import dev.spillway.batch.logs.StoredLogs;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Builds the engine from what the server provides: {@link BatchSettings}, {@link Executor}, {@link
 * InstantSource}, and optionally {@link EngineFailure}.
 */
@Factory
final class BatchFactory {

  @Singleton
  JobEventBus jobEvents() {
    return new JobEventBus();
  }

  @Singleton
  @Bean(preDestroy = "close")
  SqliteLogStreams logStreams(BatchSettings settings) {
    return new SqliteLogStreams(settings.dataDirectory());
  }

  @Singleton
  HostEngines hosts(BatchSettings settings, InstantSource clock) {
    return new DockerHosts(settings, clock);
  }

  @Singleton
  EmbeddedEngine engine(
      BatchSettings settings,
      Executor executor,
      HostEngines hosts,
      InstantSource clock,
      JobEventBus events,
      LogStreams streams,
      Optional<EngineFailure> onFailure) {
    return new EmbeddedEngine(
        settings,
        new EmbeddedEngine.Surroundings(
            executor,
            hosts,
            new LocalSecrets(settings.dataDirectory(), System.getenv()),
            streams,
            clock,
            onFailure.orElse(() -> {})),
        events);
  }

  @Singleton
  BatchOperations operations(EmbeddedEngine engine, BatchSettings settings, InstantSource clock) {
    return new BatchApi(
        engine,
        Arns.of(settings),
        clock,
        new BatchApi.Allowed(settings.allowPrivileged(), settings.maxArraySize()));
  }

  @Singleton
  JobLogs logs(EmbeddedEngine engine, BatchSettings settings) {
    return new StoredLogs(
        new LogFiles(settings.dataDirectory().resolve("logs")), id -> find(engine, id));
  }

  @Singleton
  CloudWatchLogs cloudWatchLogs(LogStreams streams, BatchSettings settings) {
    return new CloudWatchLogs(streams, Arns.of(settings));
  }

  private static Optional<Job> find(EmbeddedEngine engine, String id) {
    return engine.view().job(id).or(() -> engine.journal().find(List.of(id)).stream().findFirst());
  }
}
