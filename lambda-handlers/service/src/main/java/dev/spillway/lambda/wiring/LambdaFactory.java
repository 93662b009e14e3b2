package dev.spillway.lambda.wiring;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.async.AsyncInvocations;
import dev.spillway.lambda.async.TaskInbox;
import dev.spillway.lambda.function.CodeObjects;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.WorkerContainers;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import dev.spillway.lambda.store.FunctionsDatabase;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.core.annotation.Nullable;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.UUID;

/**
 * The function service as a bean, from {@link LambdaSettings}, {@link WorkerProcesses} and {@link
 * InstantSource} beans, and {@link AmbientVariables}, {@link CodeObjects}, {@link WorkerContainers}
 * and {@link TaskInbox} when there are some.
 */
@Factory
class LambdaFactory {

  @Singleton
  @Bean(preDestroy = "close")
  FunctionsDatabase functionsDatabase(LambdaSettings settings) {
    return FunctionsDatabase.open(settings.withAbsolutePaths().dataDirectory());
  }

  @Singleton
  @Bean(preDestroy = "close")
  LocalFunctionService functionService(
      LambdaSettings settings,
      WorkerProcesses processes,
      InstantSource clock,
      FunctionsDatabase database,
      @Nullable AmbientVariables ambient,
      @Nullable CodeObjects objects,
      @Nullable WorkerContainers containers) {
    return LocalFunctions.open(
        settings,
        new LocalFunctions.Surroundings(
            processes,
            clock,
            ambient == null ? AmbientVariables.NONE : ambient,
            database.functions(),
            objects == null ? CodeObjects.NONE : objects,
            containers == null ? WorkerContainers.NONE : containers,
            _ -> {}));
  }

  /** Whoever opens the server starts it, when all functions are there. */
  @Singleton
  @Bean(preDestroy = "close")
  AsyncInvocations asyncInvocations(
      LambdaSettings settings,
      FunctionsDatabase database,
      LocalFunctionService functions,
      InstantSource clock,
      @Nullable TaskInbox tasks) {
    return new AsyncInvocations(
        database.events(),
        functions,
        tasks == null ? TaskInbox.NONE : tasks,
        clock,
        settings.asyncRetryDelays(),
        () -> UUID.randomUUID().toString());
  }
}
