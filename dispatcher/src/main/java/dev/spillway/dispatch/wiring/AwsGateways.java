package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.aws.Circuits;
import dev.spillway.dispatch.aws.JobLogReader;
import dev.spillway.dispatch.aws.ResilientBatchGateway;
import dev.spillway.dispatch.aws.ResilientFunctionGateway;
import dev.spillway.dispatch.aws.ResilientObjectStore;
import dev.spillway.dispatch.aws.SdkBatchGateway;
import dev.spillway.dispatch.aws.SdkClients;
import dev.spillway.dispatch.aws.SdkFunctionGateway;
import dev.spillway.dispatch.aws.SdkJobLogs;
import dev.spillway.dispatch.aws.SdkObjectStore;
import dev.spillway.dispatch.aws.SdkQueueLoads;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.stack.AppliedStack;
import dev.spillway.dispatch.task.Gateways;
import dev.spillway.dispatch.task.Packing;
import dev.spillway.dispatch.task.QueueLoads;
import dev.spillway.dispatch.task.RecentLoads;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalInt;

/** The gateways to AWS, from what the server opened before. */
@Factory
@Requires(beans = AwsServer.Opened.class)
final class AwsGateways {
  /** Each waits for one answer of Batch. */
  private static final int SUBMITS_IN_FLIGHT = 32;

  private static final int OBJECTS_IN_FLIGHT = 48;

  /** A job that was described once stays known for a day after its end. */
  private static final Duration GONE_AFTER = Duration.ofMinutes(2);

  private static final Duration FIRST_RETRY = Duration.ofMillis(200);

  /** CloudWatch has the last lines of an attempt some seconds after its end. */
  private static final Duration LOGS_SETTLE = Duration.ofSeconds(10);

  // Micronaut has a clock of its own.
  @Primary
  @Singleton
  InstantSource clock(AwsServer.Opened opened) {
    return opened.clock();
  }

  @Singleton
  DispatchSettings settings(AwsServer.Opened opened) {
    return opened.dispatch();
  }

  @Singleton
  AppliedStack stack(AwsServer.Opened opened) {
    AppliedStack stack = new AppliedStack();
    stack.show(opened.stack());
    return stack;
  }

  @Singleton
  ServerAddress address(AwsServer.Opened opened) {
    return new ServerAddress(
        opened.clients().s3Endpoint(), "aws " + opened.clients().region(), "aws");
  }

  @Singleton
  @Bean(preDestroy = "close")
  Gateways gateways(AwsServer.Opened opened, SdkBatchGateway batch, AppliedStack stack) {
    SdkClients clients = opened.clients();
    DispatchSettings settings = opened.dispatch();
    InstantSource clock = opened.clock();
    Duration openFor = settings.circuitOpenFor();
    return new Gateways(
        new ResilientFunctionGateway(
            new SdkFunctionGateway(clients.lambda()),
            new ResilientFunctionGateway.Concurrency(
                settings.functionConcurrency(), stack::reservedConcurrency),
            new Circuits("Function", openFor, clock),
            clock),
        new ResilientBatchGateway(
            batch,
            OptionalInt.of(opened.settings().whole(Setting.AWS_SUBMIT_RATE)),
            SUBMITS_IN_FLIGHT,
            new Circuits("Job queue", openFor, clock)),
        new ResilientObjectStore(
            new SdkObjectStore(clients.s3()),
            OBJECTS_IN_FLIGHT,
            new Circuits("Bucket", openFor, clock)),
        settings.tasksBucket());
  }

  /** Whoever is told of EventBridge's events hands them to it. */
  @Singleton
  SdkBatchGateway batch(AwsServer.Opened opened) {
    return batch(opened.clients(), opened.settings(), opened.clock());
  }

  static SdkBatchGateway batch(SdkClients clients, Configuration settings, InstantSource clock) {
    return new SdkBatchGateway(
        clients.batch(),
        new SdkBatchGateway.Waits(
            settings.span(Setting.AWS_POLL_INTERVAL), GONE_AFTER, FIRST_RETRY),
        clock);
  }

  @Singleton
  Packing packing(AwsServer.Opened opened, AppliedStack stack) {
    return opened.settings().yes(Setting.AWS_PACK_ARRAYS) ? Packing.of(stack) : Packing.NONE;
  }

  /** Asked in the background: a plan goes by the last answer. */
  @Singleton
  QueueLoads queueLoads(AwsServer.Opened opened, AppliedStack stack) {
    var loads = new SdkQueueLoads(opened.clients().batch(), stack::queues, opened.clock());
    return new RecentLoads(
        loads::look,
        opened.settings().span(Setting.AWS_POLL_INTERVAL),
        look -> Thread.ofVirtual().name("queue-loads").start(look),
        opened.clock());
  }

  @Singleton
  JobLogReader logs(AwsServer.Opened opened) {
    return new SdkJobLogs(
        opened.clients().batch(), opened.clients().logs(), LOGS_SETTLE, opened.clock());
  }
}
