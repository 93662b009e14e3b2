package dev.spillway.dispatch.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackReaderTest {
  private static final String BATCH =
      """
        Spot:
          Type: AWS::Batch::ComputeEnvironment
          Properties: {Type: MANAGED, ReplaceComputeEnvironment: false, ComputeResources: {Type: SPOT, MaxvCpus: '16', Subnets: [s], InstanceTypes: [optimal]}}
        Ondemand:
          Type: AWS::Batch::ComputeEnvironment
          Properties: {ComputeEnvironmentName: od, Type: MANAGED, ComputeResources: {Type: EC2, MaxvCpus: 8, Subnets: [s]}}
        Low:
          Type: AWS::Batch::JobQueue
          Properties:
            JobQueueName: low
            Priority: '1'
            ComputeEnvironmentOrder: [{Order: 2, ComputeEnvironment: !Ref Ondemand}, {Order: 1, ComputeEnvironment: !Ref Spot}]
            Tags: {"spillway:dispatch": true}
        High:
          Type: AWS::Batch::JobQueue
          Properties: {JobQueueName: high, Priority: 9, ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: od}], Tags: {"spillway:dispatch": "true"}}
        Own:
          Type: AWS::Batch::JobQueue
          Properties: {JobQueueName: own, Priority: 5, ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: od}]}
      """;

  @TempDir Path folder;

  @BeforeEach
  void zip() throws Exception {
    Files.write(folder.resolve("f.zip"), new byte[] {1});
  }

  @Test
  void a_function_and_a_job_definition_with_one_tag_are_one_workload() {
    Stack stack =
        read(
            """
              F:
                Type: AWS::Serverless::Function
                Metadata: {Spillway: {AcceptsReference: true, Defaults: {Memory: 2 GiB, RetryStrategy: {Attempts: 2, EvaluateOnExit: [{OnExitCode: '75', Action: RETRY}]}}}}
                Properties: {FunctionName: feed, Runtime: java25, Handler: a.B, CodeUri: f.zip, Timeout: 10, MemorySize: '1024', EphemeralStorage: {Size: 600}, ReservedConcurrentExecutions: 3, Policies: [x], Tags: {"spillway:workload": feed}}
              J:
                Type: AWS::Batch::JobDefinition
                Metadata: {Spillway: {Parameters: {shop: $.shop}, InputSize: $.catalogS3Uri}}
                Properties:
                  JobDefinitionName: feed-job
                  Type: container
                  ContainerProperties: {Image: acme/feed, Command: [feed, 7], Privileged: 'true', ResourceRequirements: [{Type: VCPU, Value: 2}, {Type: MEMORY, Value: 4096}]}
                  Timeout: {AttemptDurationSeconds: '1800'}
                  Tags: {"spillway:workload": feed}
            """);
    assertThat(stack.workloads())
        .containsExactly(
            new Workload(
                "feed",
                Optional.of(
                    new Workload.FunctionForm(
                        "feed", 10, 1024, 600, "x86_64", "zip", true, OptionalInt.of(3))),
                Optional.of(
                    new Workload.JobForm(
                        "feed-job",
                        "acme/feed",
                        2,
                        4096,
                        0,
                        true,
                        1,
                        Optional.of(1800),
                        false,
                        List.of("EC2"))),
                Optional.of("$.catalogS3Uri"),
                Map.of("shop", "$.shop"),
                Map.of(
                    "memory",
                    "2 GiB",
                    "retryStrategy",
                    Map.of(
                        "attempts",
                        2,
                        "evaluateOnExit",
                        List.of(Map.of("onExitCode", "75", "action", "RETRY"))))));
    assertThat(stack.jobDefinitions().getFirst().request().toString())
        .isEqualTo(
            "{\"jobDefinitionName\":\"feed-job\",\"type\":\"container\",\"containerProperties\":{"
                + "\"image\":\"acme/feed\",\"command\":[\"feed\",\"7\"],\"privileged\":true,"
                + "\"resourceRequirements\":[{\"type\":\"VCPU\",\"value\":\"2\"},{\"type\":\"MEMORY\",\"value\":\"4096\"}]},"
                + "\"timeout\":{\"attemptDurationSeconds\":1800},\"tags\":{\"spillway:workload\":\"feed\"}}");
    assertThat(stack.kept()).contains("F: Policies").noneMatch(line -> line.contains("InputSize"));
  }

  @Test
  void a_definition_packs_only_when_its_tag_says_so() {
    String job =
        "  J: {Type: AWS::Batch::JobDefinition, Properties: {%sType: container, Tags: {'spillway:workload': w%s}}}\n";
    assertThat(packs(job.formatted("", ""))).isFalse();
    assertThat(packs(job.formatted("", ", 'spillway:pack': 'false'"))).isFalse();
    assertThat(packs(job.formatted("", ", 'spillway:pack': 'true'"))).isTrue();
    assertRefused(
        job.formatted("", ", 'spillway:pack': 'yes'"),
        "J: the tag spillway:pack is \"yes\"; it must be \"true\" or \"false\"");
    assertRefused(
        job.formatted("NodeProperties: {NumNodes: 2}, ", ", 'spillway:pack': 'true'"),
        "J has the tag spillway:pack and nodeProperties; a multi-node job cannot be part of an array");
  }

  private boolean packs(String job) {
    return read(job).workloads().getFirst().jobDefinition().orElseThrow().packs();
  }

  @Test
  void the_retries_of_a_job_definition_are_the_tasks_unless_the_workload_says_another() {
    String job =
        """
          J:
            Type: AWS::Batch::JobDefinition
            %s
            Properties:
              JobDefinitionName: feed-job
              Type: container
              ContainerProperties: {Image: acme/feed, ResourceRequirements: [{Type: VCPU, Value: 1}, {Type: MEMORY, Value: 64}]}
              RetryStrategy: {%s EvaluateOnExit: [{OnExitCode: '75', Action: RETRY}, {OnReason: '*', Action: EXIT}]}
              Tags: {"spillway:workload": feed}
        """;
    List<Map<String, String>> rules =
        List.of(
            Map.of("onExitCode", "75", "action", "RETRY"),
            Map.of("onReason", "*", "action", "EXIT"));
    assertThat(read(job.formatted("", "Attempts: 3,")).workloads().getFirst().defaults())
        .containsEntry("retryStrategy", Map.of("attempts", 3, "evaluateOnExit", rules));
    assertThat(read(job.formatted("", "")).workloads().getFirst().defaults())
        .containsEntry("retryStrategy", Map.of("attempts", 1, "evaluateOnExit", rules));
    String own = "Metadata: {Spillway: {Defaults: {RetryStrategy: {Attempts: 2}}}}";
    assertThat(read(job.formatted(own, "Attempts: 3,")).workloads().getFirst().defaults())
        .containsEntry("retryStrategy", Map.of("attempts", 2));
  }

  @Test
  void tagged_queues_are_routes_by_the_kind_of_their_first_environment() {
    Stack stack = read(BATCH);
    assertThat(stack.queues())
        .containsExactly(
            new BatchQueue("high", Route.BATCH_EC2, 9, 8),
            new BatchQueue("low", Route.BATCH_SPOT, 1, 16, List.of("optimal"), Load.UNKNOWN));
    assertThat(stack.jobQueues()).hasSize(3);
    assertThat(stack.computeEnvironments().getFirst().request().toString())
        .isEqualTo(
            "{\"type\":\"MANAGED\",\"computeResources\":{\"type\":\"SPOT\",\"maxvCpus\":16,"
                + "\"subnets\":[\"s\"],\"instanceTypes\":[\"optimal\"]},\"computeEnvironmentName\":\"Spot\"}");
    assertThat(stack.kept()).contains("Spot: ReplaceComputeEnvironment");
  }

  @Test
  void a_queue_gives_a_job_what_its_largest_instance_has_for_jobs() {
    Stack stack =
        read(
            """
              E:
                Type: AWS::Batch::ComputeEnvironment
                Properties: {ComputeEnvironmentName: e, Type: MANAGED, ComputeResources: {Type: EC2, MaxvCpus: 4, InstanceTypes: [c5.large, c5.xlarge, c5.4xlarge], Subnets: [s]}}
              Small:
                Type: AWS::Batch::ComputeEnvironment
                Properties: {ComputeEnvironmentName: small, Type: MANAGED, ComputeResources: {Type: SPOT, MaxvCpus: 1, InstanceTypes: [c5.large], Subnets: [s]}}
              Q:
                Type: AWS::Batch::JobQueue
                Properties: {JobQueueName: q, Priority: 1, ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref Small}, {Order: 2, ComputeEnvironment: !Ref E}]}
              R:
                Type: AWS::Batch::JobQueue
                Properties: {JobQueueName: r, Priority: 1, ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: small}]}
            """);
    AppliedStack applied = new AppliedStack();
    applied.show(stack);
    assertThat(applied.mostMemoryMib("q")).as("90 % of a c5.xlarge").isEqualTo(7_372);
    assertThat(applied.mostMemoryMib("r")).as("90 % of a c5.large").isEqualTo(3_686);
    assertThat(applied.mostMemoryMib("none")).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void other_resources_are_counted_as_kept() {
    assertThat(read("  B: {Type: AWS::S3::Bucket}\n  R: {Type: AWS::IAM::Role}\n").kept())
        .containsExactly("1 AWS::IAM::Role", "1 AWS::S3::Bucket");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Timeout: 901              | F.Timeout is 901; it must be a whole number, 1 to 900",
        "MemorySize: 64            | F.MemorySize is 64; it must be a whole number, 128 to 10240",
        "EphemeralStorage: {Size: 9} | F.EphemeralStorage.Size is 9; it must be a whole number, 512 to 10240",
        "Architectures: [sparc]    | F.Architectures is [sparc]; it must be [x86_64] or [arm64]",
        "Tiemout: 3                | F.Tiemout is not a property of AWS::Serverless::Function; the nearest is Timeout",
        "CodeUri: none.zip         | F.CodeUri is none.zip;",
        "Handler: ''               | F.Handler is missing",
      })
  void a_bad_property_of_a_function_is_named_with_its_rule(String property, String message) {
    String name = property.substring(0, property.indexOf(':'));
    String rest =
        List.of("Runtime: java25", "Handler: a.B", "CodeUri: f.zip").stream()
            .filter(p -> !p.startsWith(name + ":"))
            .reduce((a, b) -> a + ", " + b)
            .orElseThrow();
    assertRefused(
        "  F: {Type: AWS::Serverless::Function, Properties: {" + rest + ", " + property + "}}",
        message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Priority: high            | Q.Priority is \"high\"; it must be a whole number",
        "Priorty: 1                | Q.Priorty is not a property of AWS::Batch::JobQueue; the nearest is Priority",
        "ComputeEnvironmentOrder: [{Ordr: 1}] | Q.ComputeEnvironmentOrder.Ordr is not a property of ComputeEnvironmentOrder; the nearest is Order",
        "Tags: {'spillway:dispatch': 'true'} | Q.ComputeEnvironmentOrder is none; a queue tagged spillway:dispatch needs",
      })
  void a_bad_property_of_a_batch_resource_is_named_with_its_rule(String property, String message) {
    assertRefused("  Q: {Type: AWS::Batch::JobQueue, Properties: {" + property + "}}", message);
  }

  @Test
  void two_forms_of_one_kind_are_refused_and_both_are_named() {
    String definition =
        ": {Type: AWS::Batch::JobDefinition, Properties: {Type: container, Tags: {'spillway:workload': w}}}\n";
    assertRefused(
        "  One" + definition + "  Two" + definition,
        "One and Two are both the job definition of workload \"w\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{Defalts: {}}                | J.Metadata.Spillway.Defalts is not known",
        "{Defaults: {Colour: red}}    | Defaults.colour is not a field of a task",
        "{Parameters: {shop: shop}}   | parameter shop is shop; it must be a path into the payload",
      })
  void metadata_is_checked(String metadata, String message) {
    assertRefused(
        "  J: {Type: AWS::Batch::JobDefinition, Metadata: {Spillway: "
            + metadata
            + "}, Properties: {Type: container, Tags: {'spillway:workload': w}}}",
        message);
  }

  @Test
  void a_function_that_is_an_image_is_read_where_images_run_and_kept_elsewhere() {
    String image =
        "  F: {Type: AWS::Serverless::Function, Properties: {PackageType: Image, ImageUri: acme/f:1,"
            + " ImageConfig: {Command: [a.B::c]}}}";
    assertThat(read(image).functions()).isEmpty();
    assertThat(read(image).kept()).singleElement().asString().contains("no Docker engine");

    var details = read(image, true).functions().getFirst().configuration().details();
    assertThat(details.imageUri()).contains("acme/f:1");
    assertThat(details.kept()).containsEntry("ImageConfig", "{\"Command\":[\"a.B::c\"]}");
    assertThatThrownBy(() -> read(image.replace("ImageUri: acme/f:1,", ""), true))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("F.ImageUri is missing");
  }

  private void assertRefused(String resources, String message) {
    assertThatThrownBy(() -> read(resources))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(message);
  }

  private Stack read(String resources) {
    return read(resources, false);
  }

  private Stack read(String resources, boolean images) {
    return StackReader.read(
        Template.parse(
            "t.yaml",
            folder,
            "Resources:\n" + resources,
            Map.of(),
            new Template.Place("us-east-1", "123456789012")),
        images);
  }
}
