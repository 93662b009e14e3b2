package dev.spillway.dispatch.wiring;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.process.ProcessSupervisor;
import dev.spillway.batch.wiring.EngineFailure;
import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.stack.AppliedStack;
import dev.spillway.dispatch.stack.StackApplication;
import dev.spillway.dispatch.storage.LocalS3;
import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.CodeObjects;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.runtimeapi.WorkerContainers;
import dev.spillway.lambda.runtimeapi.WorkerProcesses;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** What the modules ask of their surroundings, from what the server opened before. */
@Factory
@Requires(beans = Server.Opened.class)
final class ServerFactory {

  // Micronaut has a clock of its own.
  @Primary
  @Singleton
  InstantSource clock(Server.Opened opened) {
    return opened.clock();
  }

  @Singleton
  BatchSettings batchSettings(Server.Opened opened) {
    return opened.batch();
  }

  @Singleton
  LambdaSettings lambdaSettings(Server.Opened opened) {
    return opened.lambda();
  }

  @Singleton
  DispatchSettings dispatchSettings(Server.Opened opened) {
    return opened.dispatch();
  }

  @Singleton
  Executor executor(Server.Opened opened) {
    return opened.runner().executor();
  }

  @Singleton
  ProcessSupervisor supervisor(Server.Opened opened) {
    return opened.supervisor();
  }

  @Singleton
  WorkerProcesses workers(ProcessSupervisor supervisor) {
    return new SupervisedWorkers(supervisor);
  }

  @Singleton
  WorkerContainers containers(Server.Opened opened) {
    return opened.runner().workers();
  }

  @Singleton
  Endpoints endpoints(Server.Opened opened) {
    return opened.endpoints();
  }

  @Singleton
  LocalS3 objects(Server.Opened opened) {
    return opened.s3();
  }

  /** What {@code S3Bucket} and {@code S3Key} of a function's code mean. */
  @Singleton
  CodeObjects codeObjects(Server.Opened opened) {
    return (bucket, key) -> opened.s3().get(new ObjectStore.Location(bucket, key));
  }

  @Singleton
  ServerAddress address(Server.Opened opened) {
    return new ServerAddress(opened.s3Url(), opened.runner().description(), "embedded");
  }

  @Singleton
  AppliedStack stack() {
    return new AppliedStack();
  }

  @Singleton
  StackApplication stackApplication(BatchOperations batch, FunctionService functions) {
    return new StackApplication(batch, functions);
  }

  /** Memory may be ahead of the disk: only a fresh start from the store is right. */
  @Singleton
  EngineFailure engineFailure() {
    return () -> {
      System.err.println(
          "spillway: the Batch engine's store failed; the server ends. Start it again: what was"
              + " acknowledged is on disk.");
      Runtime.getRuntime().halt(1);
    };
  }
}
