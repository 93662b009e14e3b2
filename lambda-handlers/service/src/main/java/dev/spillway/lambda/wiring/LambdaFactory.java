package dev.spillway.lambda.wiring;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.CodeObjects;
import dev.spillway.lambda.function.FunctionImages;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import dev.spillway.lambda.store.FunctionsDatabase;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.core.annotation.Nullable;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/**
 * The function service as a bean, from {@link LambdaSettings}, {@link WorkerProcesses} and {@link
 * InstantSource} beans, and {@link AmbientVariables}, {@link CodeObjects} and {@link
 * FunctionImages} when there are some.
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
      @Nullable FunctionImages images) {
    return LocalFunctions.open(
        settings,
        new LocalFunctions.Surroundings(
            processes,
            clock,
            ambient == null ? AmbientVariables.NONE : ambient,
            database.functions(),
            objects == null ? CodeObjects.NONE : objects,
            images == null ? FunctionImages.NONE : images,
            _ -> {}));
  }
}
