package dev.spillway.dispatch.wiring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.engine.JobEvents;
import dev.spillway.batch.logs.JobLogs;
import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.aws.EmbeddedBatchGateway;
import dev.spillway.dispatch.aws.EmbeddedFunctionGateway;
import dev.spillway.dispatch.aws.EmbeddedJobLogs;
import dev.spillway.dispatch.aws.JobLogReader;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.stack.Workloads;
import dev.spillway.dispatch.task.Gateways;
import dev.spillway.dispatch.task.Histories;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.RunnerThreads;
import dev.spillway.dispatch.task.TaskDatabase;
import dev.spillway.dispatch.task.TaskEnds;
import dev.spillway.dispatch.task.TaskRetention;
import dev.spillway.dispatch.task.TaskRunner;
import dev.spillway.dispatch.task.TaskService;
import dev.spillway.dispatch.task.TaskStore;
import dev.spillway.lambda.async.TaskInbox;
import dev.spillway.lambda.function.FunctionService;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * Builds the dispatcher from what the server provides: {@link DispatchSettings}, {@link
 * BatchOperations}, {@link JobEvents}, {@link JobLogs}, {@link FunctionService}, {@link
 * ObjectStore}, {@link Workloads} and {@link InstantSource}. The server calls {@link
 * Dispatcher#start} when the template has been applied.
 */
@Factory
@Requires(beans = DispatchSettings.class)
final class DispatchFactory {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Singleton
  Gateways gateways(
      DispatchSettings settings,
      FunctionService functions,
      BatchOperations batch,
      JobEvents events,
      ObjectStore objects) {
    return new Gateways(
        new EmbeddedFunctionGateway(
            functions, settings.functionConcurrency(), () -> UUID.randomUUID().toString()),
        new EmbeddedBatchGateway(batch, events),
        objects);
  }

  /** Closed by the {@link Dispatcher}, when nothing writes to it any more. */
  @Singleton
  TaskDatabase database(DispatchSettings settings) {
    return settings
        .postgres()
        .map(TaskDatabase::postgres)
        .orElseGet(() -> TaskDatabase.sqlite(settings.dataDirectory().resolve("tasks.db")));
  }

  @Singleton
  @Bean(preDestroy = "close")
  Dispatcher dispatcher(
      DispatchSettings settings,
      TaskDatabase database,
      Gateways gateways,
      Workloads workloads,
      InstantSource clock) {
    TaskStore store = database.tasks();
    var ends = new TaskEnds();
    var threads = new RunnerThreads(clock, settings.pollInterval());
    var runner =
        new TaskRunner(
            store,
            gateways,
            settings.limits(),
            settings.fallback(),
            clock,
            ends,
            new TaskRetention(
                store,
                gateways.objects(),
                settings.taskRetention(),
                settings.resultRetention(),
                clock),
            threads::put);
    var tasks =
        new TaskService(
            store,
            workloads,
            gateways,
            new TaskService.Planning(
                settings.routing().router(), settings.routing().objective(), Histories.NONE),
            clock,
            () -> UUID.randomUUID().toString(),
            runner,
            ends);
    return new Dispatcher(store, runner, threads, tasks);
  }

  @Singleton
  TaskService tasks(Dispatcher dispatcher) {
    return dispatcher.tasks();
  }

  /** Where functions send their events and answers as task documents. Found late: it needs them. */
  @Singleton
  TaskInbox taskInbox(BeanProvider<Dispatcher> dispatcher) {
    return (document, key) -> {
      try {
        JsonNode body = JSON.readTree(document);
        // A document that says itself which submits are one is taken at its word.
        boolean keyed = body.has("idempotencyKey") || body.has("tasks");
        dispatcher.get().tasks().submit(body, keyed ? Optional.empty() : Optional.of(key));
        return Optional.empty();
      } catch (JsonProcessingException e) {
        return Optional.of("it is no JSON: " + e.getOriginalMessage());
      } catch (IOException e) {
        throw new UncheckedIOException("reading bytes in memory", e);
      } catch (RefusedException e) {
        return Optional.of(e.getMessage());
      }
    };
  }

  @Singleton
  JobLogReader jobLogs(JobLogs logs) {
    return new EmbeddedJobLogs(logs);
  }
}
