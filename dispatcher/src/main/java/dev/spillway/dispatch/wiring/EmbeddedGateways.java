package dev.spillway.dispatch.wiring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.api.EngineAccess;
import dev.spillway.batch.engine.JobEvents;
import dev.spillway.batch.logs.JobLogs;
import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.aws.Circuits;
import dev.spillway.dispatch.aws.EmbeddedBatchGateway;
import dev.spillway.dispatch.aws.EmbeddedFunctionGateway;
import dev.spillway.dispatch.aws.EmbeddedJobLogs;
import dev.spillway.dispatch.aws.JobLogReader;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.aws.ResilientBatchGateway;
import dev.spillway.dispatch.aws.ResilientFunctionGateway;
import dev.spillway.dispatch.stack.Workloads;
import dev.spillway.dispatch.task.Gateways;
import dev.spillway.dispatch.task.Packing;
import dev.spillway.dispatch.task.QueueLoads;
import dev.spillway.dispatch.task.RecentLoads;
import dev.spillway.dispatch.task.RefusedException;
import dev.spillway.dispatch.task.TaskRequests;
import dev.spillway.lambda.async.TaskInbox;
import dev.spillway.lambda.function.FunctionService;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** The gateways to the functions, jobs and objects of this process. */
@Factory
@Requires(beans = BatchSettings.class)
@Requires(beans = DispatchSettings.class)
final class EmbeddedGateways {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** So many share one commit of the engine. */
  private static final int SUBMITS_IN_FLIGHT = 16;

  private static final Duration LOADS_SEEN_EVERY = Duration.ofSeconds(1);

  @Singleton
  @Bean(preDestroy = "close")
  Gateways gateways(
      DispatchSettings settings,
      FunctionService functions,
      BatchOperations batch,
      JobEvents events,
      ObjectStore objects,
      Workloads workloads,
      InstantSource clock) {
    return new Gateways(
        new ResilientFunctionGateway(
            new EmbeddedFunctionGateway(functions, () -> UUID.randomUUID().toString()),
            new ResilientFunctionGateway.Concurrency(
                settings.functionConcurrency(), workloads::reservedConcurrency),
            new Circuits("Function", settings.circuitOpenFor(), clock),
            clock),
        new ResilientBatchGateway(
            new EmbeddedBatchGateway(batch, events),
            OptionalInt.empty(),
            SUBMITS_IN_FLIGHT,
            new Circuits("Job queue", settings.circuitOpenFor(), clock)),
        objects,
        settings.tasksBucket());
  }

  /** Where functions send their events and answers as task documents. Found late: it needs them. */
  @Singleton
  TaskInbox taskInbox(BeanProvider<TaskRequests> requests) {
    return (document, key) -> {
      try {
        JsonNode body = JSON.readTree(document);
        // A document that says itself which submits are one is taken at its word.
        boolean keyed = body.has("idempotencyKey") || body.has("tasks");
        requests.get().submit(body, keyed ? Optional.empty() : Optional.of(key));
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

  /** The engine takes any number of submits, and each job is seen in it by its own name. */
  @Singleton
  Packing packing() {
    return Packing.NONE;
  }

  @Singleton
  @Bean(preDestroy = "close")
  EngineLoads engineLoads(
      EngineAccess engine, JobEvents events, Workloads workloads, InstantSource clock) {
    return new EngineLoads(engine::view, events, workloads, clock);
  }

  /** The engine's view is in memory, so who plans may look himself. */
  @Singleton
  QueueLoads queueLoads(EngineLoads engine, InstantSource clock) {
    return new RecentLoads(engine::look, LOADS_SEEN_EVERY, Runnable::run, clock);
  }

  @Singleton
  JobLogReader jobLogs(JobLogs logs) {
    return new EmbeddedJobLogs(logs);
  }
}
