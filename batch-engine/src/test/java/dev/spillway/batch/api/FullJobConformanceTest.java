package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.ComputeEnvironmentMembersTest;
import dev.spillway.batch.api.wire.Definitions;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.CreateComputeEnvironmentRequest;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.RegisterJobDefinitionRequest;

/**
 * Jobs whose definitions use every member: each is answered as it was given, though none can run.
 */
@Tag("conformance")
class FullJobConformanceTest extends ConformanceServer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> TEXTS =
      Map.of(
          "containerProperties", Definitions.CONTAINER,
          "fargate", Definitions.FARGATE,
          "ecsProperties", Definitions.ECS,
          "eksProperties", Definitions.EKS,
          "nodeProperties", Definitions.NODES);

  @BeforeAll
  static void environments() {
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName("fargate")
                .type(CEType.MANAGED)
                .computeResources(
                    r ->
                        r.type(CRType.FARGATE)
                            .maxvCpus(4)
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
    queue("fargate", "fargate");
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName("large")
                .type(CEType.MANAGED)
                .computeResources(
                    r ->
                        r.type(CRType.EC2)
                            .minvCpus(0)
                            .maxvCpus(512)
                            .allocationStrategy("BEST_FIT_PROGRESSIVE")
                            .instanceTypes("optimal", "g5")
                            .instanceRole("ecsInstanceRole")
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
    queue("large", "large");
    ObjectNode eks = Definitions.json(ComputeEnvironmentMembersTest.EKS.replace("c7g", "g5"));
    batch.createComputeEnvironment(
        SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), eks)
            .computeEnvironmentName("eks")
            .build());
    queue("eks", "eks");
    for (String name : new String[] {"licence", "tape"}) {
      batch.createConsumableResource(c -> c.consumableResourceName(name).totalQuantity(10L));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "containerProperties,container,large",
    "fargate,container,fargate",
    "ecsProperties,ecsProperties,large",
    "eksProperties,eksProperties,eks",
    "nodeProperties,nodeProperties,large"
  })
  void a_job_answers_every_member_of_its_definition(String kind, String member, String queue)
      throws Exception {
    ObjectNode request =
        Definitions.json(TEXTS.get(kind).replace("'privileged':true", "'privileged':false"));
    String definition =
        batch
            .registerJobDefinition(
                SdkPojos.fill(RegisterJobDefinitionRequest.builder(), request).build())
            .jobDefinitionArn();
    JobDetail job = ended(submit(definition, s -> s.jobQueue(queue)).jobId());
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    if (kind.equals("nodeProperties")) {
      assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
    } else if (!kind.equals("fargate") || !arm) {
      assertThat(job.status()).isEqualTo(JobStatus.FAILED);
      assertThat(job.statusReason()).isEqualTo("Task failed to start");
    }
    JsonNode defined =
        JSON.readTree(
                post("/v1/describejobdefinitions", "{\"jobDefinitions\":[\"" + definition + "\"]}")
                    .body())
            .at("/jobDefinitions/0");
    JsonNode described =
        JSON.readTree(post("/v1/describejobs", "{\"jobs\":[\"" + job.jobId() + "\"]}").body())
            .at("/jobs/0");
    String own = kind.equals("fargate") ? "containerProperties" : kind;
    contains(described.path(member), defined.path(own), member);
    for (String same : new String[] {"timeout", "retryStrategy", "consumableResourceProperties"}) {
      if (defined.has(same)) {
        assertThat(described.path(same)).as(same).isEqualTo(defined.path(same));
      }
    }
  }

  /** What is in {@code defined} is in {@code answered}; commands have their parameters by now. */
  private static void contains(JsonNode answered, JsonNode defined, String path) {
    if (defined.isObject()) {
      for (Map.Entry<String, JsonNode> entry : defined.properties()) {
        contains(answered.path(entry.getKey()), entry.getValue(), path + "." + entry.getKey());
      }
    } else if (defined.isArray()) {
      assertThat(answered.size()).as(path).isEqualTo(defined.size());
      for (int i = 0; i < defined.size(); i++) {
        contains(answered.path(i), defined.path(i), path + "[" + i + "]");
      }
    } else {
      String text = defined.asText().replace("Ref::who", "world");
      assertThat(answered.asText()).as(path).isEqualTo(text);
    }
  }
}
