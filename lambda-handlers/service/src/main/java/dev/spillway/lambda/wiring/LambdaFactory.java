package dev.spillway.lambda.wiring;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.core.annotation.Nullable;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/**
 * The function service as a bean, from {@link LambdaSettings}, {@link WorkerProcesses} and {@link
 * InstantSource} beans, and {@link AmbientVariables} when there is one.
 */
@Factory
class LambdaFactory {

  @Singleton
  @Bean(preDestroy = "close")
  LocalFunctionService functionService(
      LambdaSettings settings,
      WorkerProcesses processes,
      InstantSource clock,
      @Nullable AmbientVariables ambient) {
    return LocalFunctions.open(
        settings, processes, clock, ambient == null ? AmbientVariables.NONE : ambient);
  }
}
