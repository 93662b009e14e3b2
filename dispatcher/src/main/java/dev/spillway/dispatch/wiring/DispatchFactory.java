package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.stack.Workloads;
import dev.spillway.dispatch.task.Gateways;
import dev.spillway.dispatch.task.Learner;
import dev.spillway.dispatch.task.Packing;
import dev.spillway.dispatch.task.QueueLoads;
import dev.spillway.dispatch.task.RunnerThreads;
import dev.spillway.dispatch.task.TaskDatabase;
import dev.spillway.dispatch.task.TaskEnds;
import dev.spillway.dispatch.task.TaskRetention;
import dev.spillway.dispatch.task.TaskRunner;
import dev.spillway.dispatch.task.TaskService;
import dev.spillway.dispatch.task.TaskStore;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.UUID;

/**
 * Builds the dispatcher over the gateways of either backend. The server calls {@link
 * Dispatcher#start} when what tasks need is known to be there.
 */
@Factory
@Requires(beans = DispatchSettings.class)
final class DispatchFactory {

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
      QueueLoads loads,
      Packing packing,
      InstantSource clock) {
    TaskStore store = database.tasks();
    var learner = new Learner(database.history(), clock);
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
                gateways.bucket(),
                settings.taskRetention(),
                settings.resultRetention(),
                clock),
            learner,
            threads::put);
    runner.packBy(packing);
    var tasks =
        new TaskService(
            store,
            workloads,
            gateways,
            new TaskService.Planning(
                settings.routing().router(),
                settings.routing().objective(),
                learner,
                loads,
                new TaskService.ArrayLimits(settings.maxArraySize(), settings.routing().canary())),
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
}
