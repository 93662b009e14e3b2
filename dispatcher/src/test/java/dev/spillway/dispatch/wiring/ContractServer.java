package dev.spillway.dispatch.wiring;

import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.engine.JobEvents;
import dev.spillway.batch.logs.JobLogs;
import dev.spillway.dispatch.aws.SdkClients;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.HostFacts;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.storage.LocalS3;
import dev.spillway.lambda.function.FunctionService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * One real server in this JVM, with functions and a queue for the gateways' contracts: the embedded
 * adapters take its parts, the SDK's come through its ports. It stays up for all test classes.
 */
public final class ContractServer {
  /** Runs one event after another; what it does stands in the event. */
  private static final String BOOTSTRAP =
      """
      #!/bin/sh
      API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
      D=$(mktemp -d)
      while :; do
        curl -sS -D "$D/head" -o "$D/event" "$API/invocation/next" || exit 1
        ID=$(tr -d '\\r' <"$D/head" | awk -F': ' 'tolower($1)=="lambda-runtime-aws-request-id"{print $2}')
        DO=$(head -c 200 "$D/event" | sed -n 's/.*"do":"\\([a-z]*\\)".*/\\1/p')
        echo "does $DO"
        KIND=response
        case "$DO" in
          fail) echo '{"errorType":"ShopClosed","errorMessage":"no such shop"}' >"$D/event"; KIND=error;;
          context) sed -n 's/^[Ll]ambda-[Rr]untime-[Cc]lient-[Cc]ontext: *//p' "$D/head" | tr -d '\\r' >"$D/event";;
          work) sleep 1.5;;
          hang) sleep 60;;
        esac
        curl -sS -o /dev/null --data-binary "@$D/event" "$API/invocation/$ID/$KIND"
      done
      """;

  private static final String TEMPLATE =
      """
      AWSTemplateFormatVersion: '2010-09-09'
      Transform: AWS::Serverless-2016-10-31
      Globals:
        Function: {Runtime: provided.al2023, Handler: main, CodeUri: code, Timeout: 4, MemorySize: 256}
      Resources:
        Doer: {Type: 'AWS::Serverless::Function', Properties: {FunctionName: doer}}
        Closed:
          Type: AWS::Serverless::Function
          Properties: {FunctionName: closed, ReservedConcurrentExecutions: 0}
        Environment:
          Type: AWS::Batch::ComputeEnvironment
          Properties:
            ComputeEnvironmentName: contract
            Type: MANAGED
            State: ENABLED
            ReplaceComputeEnvironment: false
            ComputeResources:
              Type: EC2
              MinvCpus: 0
              MaxvCpus: 256
              InstanceTypes: [optimal]
              InstanceRole: role
              Subnets: [subnet-1]
              SecurityGroupIds: [sg-1]
        Queue:
          Type: AWS::Batch::JobQueue
          Properties:
            JobQueueName: contract
            State: ENABLED
            Priority: 1
            ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref Environment}]
            Tags: {'spillway:dispatch': 'true'}
        Job:
          Type: AWS::Batch::JobDefinition
          Properties:
            JobDefinitionName: contract
            Type: container
            ContainerProperties:
              Image: sh
              Command: ['exit 0']
              ResourceRequirements: [{Type: VCPU, Value: '1'}, {Type: MEMORY, Value: '64'}]
      """;

  private static ContractServer shared;

  private final Server server;

  private ContractServer(Server server) {
    this.server = server;
  }

  /** The one of this JVM; started when it is first asked for. */
  public static synchronized ContractServer shared() {
    if (shared == null) {
      try {
        Path folder = Files.createTempDirectory("contract");
        // Jobs and workers run as another user.
        folder.toFile().setExecutable(true, false);
        folder.toFile().setReadable(true, false);
        Server server = start(folder);
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        shared = new ContractServer(server);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return shared;
  }

  private static Server start(Path folder) throws IOException {
    Path code = Files.createDirectories(folder.resolve("code"));
    Files.writeString(code.resolve("bootstrap"), BOOTSTRAP).toFile().setExecutable(true, false);
    Path template = Files.writeString(folder.resolve("template.yaml"), TEMPLATE);
    Path file =
        Files.writeString(
            folder.resolve("spillway.yaml"),
            """
            runner: process
            runner.process.images: [{name: sh, entryPoint: [/bin/sh, -c]}]
            function.concurrency: 8
            batch: {hostVcpus: 16, hostMemory: 8 GiB, stopGrace: PT1S}
            """);
    Configuration configuration =
        Configuration.load(
            Optional.of(file),
            Map.of(
                Setting.DATA_DIR,
                folder.resolve("data").toString(),
                Setting.SERVER_PORT,
                "0",
                Setting.SERVER_S3_PORT,
                "0",
                Setting.TEMPLATE,
                template.toString()),
            HostFacts.read().alone(folder));
    return Server.start(configuration, Instant.now());
  }

  public URI url() {
    return server.url();
  }

  public URI s3Url() {
    return server.s3();
  }

  <T> T part(Class<T> type) {
    return server.part(type);
  }

  public BatchOperations batch() {
    return server.part(BatchOperations.class);
  }

  public JobEvents events() {
    return server.part(JobEvents.class);
  }

  public JobLogs logs() {
    return server.part(JobLogs.class);
  }

  public FunctionService functions() {
    return server.part(FunctionService.class);
  }

  public LocalS3 objects() {
    return server.part(LocalS3.class);
  }

  /** The SDK's clients, made as in production, pointed at this server. */
  public SdkClients clients() {
    return new SdkClients(
        new SdkClients.Options(
            Optional.of("us-east-1"),
            builder ->
                builder
                    .credentialsProvider(
                        StaticCredentialsProvider.create(
                            AwsBasicCredentials.create("local", "local")))
                    .endpointOverride(builder instanceof S3ClientBuilder ? s3Url() : url())));
  }
}
