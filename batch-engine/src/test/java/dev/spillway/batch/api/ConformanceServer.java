package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.BatchException;
import software.amazon.awssdk.services.batch.model.CEState;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.ClientException;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.KeyValuePair;
import software.amazon.awssdk.services.batch.model.ResourceRequirement;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.SubmitJobRequest;
import software.amazon.awssdk.services.batch.model.SubmitJobResponse;

/** A server with a scripted runner, the unmodified AWS SDK for Java, and what tests say to both. */
@Tag("conformance")
@SuppressWarnings({"unchecked", "deprecation"}) // the SDK's varargs of builders; old members
@ExtendWith(MemberCoverage.class)
abstract class ConformanceServer {
  @TempDir static Path data;
  static ScriptedServer server;
  static BatchClient batch;

  @BeforeAll
  static void startServer() {
    server = ScriptedServer.start(data);
    batch =
        BatchClient.builder()
            .endpointOverride(server.url())
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
            .overrideConfiguration(o -> o.addExecutionInterceptor(new MemberCoverage()))
            .httpClient(UrlConnectionHttpClient.create())
            .build();
    environment("ce", 4);
    queue("prod", "ce");
  }

  @AfterAll
  static void stopServer() {
    batch.close();
    server.close();
  }

  static void environment(String name, int maxVcpus) {
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName(name)
                .type(CEType.MANAGED)
                .state(CEState.ENABLED)
                .computeResources(
                    r ->
                        r.type(CRType.EC2)
                            .minvCpus(0)
                            .maxvCpus(maxVcpus)
                            .instanceTypes("optimal")
                            .instanceRole("ecsInstanceRole")
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
  }

  static void queue(String name, String environment) {
    batch.createJobQueue(
        q ->
            q.jobQueueName(name)
                .priority(1)
                .computeEnvironmentOrder(o -> o.order(1).computeEnvironment(environment)));
  }

  static String define(String... command) {
    return defineOf(1, command);
  }

  /** A definition of that many vCPUs. */
  static String defineOf(int vcpus, String... command) {
    String name = "jd-" + UUID.randomUUID();
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName(name)
                .type(JobDefinitionType.CONTAINER)
                .parameters(Map.of("who", "world"))
                .containerProperties(
                    c ->
                        c.image("busybox")
                            .command(command)
                            .environment(variable("GREETING", "defined"), variable("KEPT", "1"))
                            .resourceRequirements(
                                requirement(ResourceType.VCPU, Integer.toString(vcpus)),
                                requirement(ResourceType.MEMORY, "64"))));
    return name;
  }

  static KeyValuePair variable(String name, String value) {
    return KeyValuePair.builder().name(name).value(value).build();
  }

  static ResourceRequirement requirement(ResourceType type, String value) {
    return ResourceRequirement.builder().type(type).value(value).build();
  }

  static SubmitJobResponse submit(String definition, UnaryOperator<SubmitJobRequest.Builder> more) {
    return batch.submitJob(
        more.apply(
                SubmitJobRequest.builder()
                    .jobName("demo")
                    .jobQueue("prod")
                    .jobDefinition(definition))
            .build());
  }

  static JobDetail job(String id) {
    return batch.describeJobs(d -> d.jobs(id)).jobs().getFirst();
  }

  static JobDetail until(String id, JobStatus... statuses) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> List.of(statuses).contains(job(id).status()));
    return job(id);
  }

  static JobDetail ended(String id) {
    return until(id, JobStatus.SUCCEEDED, JobStatus.FAILED);
  }

  static void refused(String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(ClientException.class)
        .hasMessageContaining(message)
        .satisfies(
            e -> {
              BatchException refusal = (BatchException) e;
              assertThat(refusal.statusCode()).isEqualTo(400);
              assertThat(refusal.requestId()).isNotBlank();
              if (refusal.awsErrorDetails().errorMessage().contains("RequestId: ")) {
                assertThat(refusal.awsErrorDetails().errorMessage()).endsWith(refusal.requestId());
              }
            });
  }

  static HttpResponse<String> post(String path, String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(server.url() + path))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
