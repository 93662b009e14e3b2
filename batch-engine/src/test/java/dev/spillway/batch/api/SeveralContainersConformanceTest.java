package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.batch.model.AttemptTaskContainerDetails;
import software.amazon.awssdk.services.batch.model.CEType;
import software.amazon.awssdk.services.batch.model.CRType;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.JobSummary;
import software.amazon.awssdk.services.batch.model.NodePropertyOverride;
import software.amazon.awssdk.services.batch.model.NodeRangeProperty;
import software.amazon.awssdk.services.batch.model.ResourceRequirement;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.TaskContainerProperties;

/** Jobs of several containers and of several nodes, as the AWS SDK sees them. */
@Tag("conformance")
@SuppressWarnings("unchecked") // the SDK's varargs of builders
class SeveralContainersConformanceTest extends ConformanceServer {

  private static final List<ResourceRequirement> SIZE =
      List.of(
          ResourceRequirement.builder().type(ResourceType.VCPU).value("1").build(),
          ResourceRequirement.builder().type(ResourceType.MEMORY).value("64").build());

  @BeforeAll
  static void makeQueue() {
    batch.createComputeEnvironment(
        c ->
            c.computeEnvironmentName("nodes")
                .type(CEType.MANAGED)
                .computeResources(
                    r ->
                        r.type(CRType.EC2)
                            .minvCpus(0)
                            .maxvCpus(64)
                            .allocationStrategy("BEST_FIT_PROGRESSIVE")
                            .instanceTypes("m5.large")
                            .instanceRole("ecsInstanceRole")
                            .subnets("subnet-1")
                            .securityGroupIds("sg-1")));
    queue("nodes", "nodes");
  }

  private static NodeRangeProperty range(String nodes, String... command) {
    return NodeRangeProperty.builder()
        .targetNodes(nodes)
        .container(c -> c.image("busybox").command(command).resourceRequirements(SIZE))
        .build();
  }

  private static String nodes(int count, int main, NodeRangeProperty... ranges) {
    return batch
        .registerJobDefinition(
            r ->
                r.jobDefinitionName("gang-" + System.nanoTime())
                    .type(JobDefinitionType.MULTINODE)
                    .nodeProperties(
                        n -> n.numNodes(count).mainNode(main).nodeRangeProperties(ranges)))
        .jobDefinitionArn();
  }

  private static String submitTo(String definition) {
    return submit(definition, s -> s.jobQueue("nodes")).jobId();
  }

  private static List<JobSummary> nodesOf(String id, JobStatus status) {
    return batch
        .listJobsPaginator(l -> l.multiNodeJobId(id).jobStatus(status).maxResults(2))
        .jobSummaryList()
        .stream()
        .toList();
  }

  @Test
  void the_main_node_decides_and_each_node_is_told() {
    String id = submitTo(nodes(4, 1, range("0:0", "exit", "5"), range("1:", "exit", "0")));
    JobDetail job = ended(id);
    assertThat(job.status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(job.attempts()).hasSize(1);
    assertThat(job.attempts().getFirst().container().exitCode()).isZero();
    assertThat(job.nodeProperties().numNodes()).isEqualTo(4);
    assertThat(nodesOf(id, JobStatus.FAILED)).extracting(JobSummary::jobId).contains(id + "#0");
    assertThat(nodesOf(id, JobStatus.SUCCEEDED))
        .filteredOn(n -> n.jobId().equals(id + "#1"))
        .singleElement()
        .satisfies(
            n -> {
              assertThat(n.nodeProperties().isMainNode()).isTrue();
              assertThat(n.nodeProperties().nodeIndex()).isEqualTo(1);
              assertThat(n.nodeProperties().numNodes()).isEqualTo(4);
            });
    JobDetail main = job(id + "#1");
    assertThat(main.nodeDetails().isMainNode()).isTrue();
    assertThat(main.nodeDetails().nodeIndex()).isEqualTo(1);
    assertThat(main.container().exitCode()).isZero();
    assertThat(main.container().logStreamName())
        .isEqualTo(job.attempts().getFirst().container().logStreamName());
    assertThat(job(id + "#0").container().logStreamName())
        .isNotEqualTo(main.container().logStreamName());
    assertThat(batch.describeJobs(d -> d.jobs(id + "#4", id + "#x", id + "#01")).jobs()).isEmpty();
  }

  @Test
  void nodes_run_until_the_main_node_ends_and_know_who_they_are() {
    String id = submitTo(nodes(3, 0, range("0:", "hang")));
    await().atMost(Duration.ofSeconds(10)).until(() -> nodesOf(id, JobStatus.RUNNING).size() == 3);
    assertThat(
            server.executor.starts().stream()
                .filter(a -> a.id().jobId().startsWith(id))
                .map(a -> a.environment())
                .toList())
        .allSatisfy(
            e ->
                assertThat(e)
                    .containsEntry("AWS_BATCH_JOB_NUM_NODES", "3")
                    .containsEntry("AWS_BATCH_JOB_MAIN_NODE_INDEX", "0"))
        .extracting(e -> e.get("AWS_BATCH_JOB_NODE_INDEX"))
        .containsExactly("0", "1", "2");
    batch.terminateJob(t -> t.jobId(id).reason("enough"));
    JobDetail job = ended(id);
    assertThat(job.status()).isEqualTo(JobStatus.FAILED);
    assertThat(job.statusReason()).isEqualTo("enough");
    assertThat(nodesOf(id, JobStatus.FAILED)).hasSize(3);
  }

  @Test
  void a_job_of_one_node_is_its_main_node() {
    String id = submitTo(nodes(1, 0, range("0:", "exit", "0")));
    assertThat(ended(id).status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(job(id + "#0").nodeDetails().isMainNode()).isTrue();
    assertThat(job(id + "#0").container().exitCode()).isZero();
  }

  @Test
  void a_failed_main_node_takes_the_whole_gang_into_another_attempt() {
    String definition = nodes(2, 0, range("0:", "exit", "3"));
    String id =
        submit(definition, s -> s.jobQueue("nodes").retryStrategy(r -> r.attempts(2))).jobId();
    JobDetail job = ended(id);
    assertThat(job.status()).isEqualTo(JobStatus.FAILED);
    assertThat(job.attempts()).extracting(a -> a.container().exitCode()).containsExactly(3, 3);
    assertThat(job(id + "#1").attempts()).hasSize(2);
  }

  @Test
  void an_override_reaches_its_nodes() {
    String definition = nodes(2, 0, range("0:0", "exit", "7"), range("1:", "exit", "0"));
    String id =
        submit(
                definition,
                s ->
                    s.jobQueue("nodes")
                        .nodeOverrides(
                            o ->
                                o.numNodes(3)
                                    .nodePropertyOverrides(
                                        NodePropertyOverride.builder()
                                            .targetNodes("0:0")
                                            .containerOverrides(c -> c.command("exit", "0"))
                                            .build())))
            .jobId();
    assertThat(ended(id).status()).isEqualTo(JobStatus.SUCCEEDED);
    assertThat(job(id + "#2").nodeDetails().nodeIndex()).isEqualTo(2);
  }

  @Test
  void each_container_of_a_task_tells_its_own_end() {
    TaskContainerProperties first =
        TaskContainerProperties.builder()
            .name("first")
            .image("busybox")
            .essential(false)
            .command("exit", "0")
            .resourceRequirements(SIZE)
            .build();
    String definition =
        batch
            .registerJobDefinition(
                r ->
                    r.jobDefinitionName("several")
                        .type(JobDefinitionType.CONTAINER)
                        .ecsProperties(
                            e ->
                                e.taskProperties(
                                    t ->
                                        t.containers(
                                            first,
                                            first.toBuilder()
                                                .name("main")
                                                .essential(true)
                                                .command("exit", "6")
                                                .dependsOn(
                                                    d ->
                                                        d.containerName("first")
                                                            .condition("SUCCESS"))
                                                .build()))))
            .jobDefinitionArn();
    JobDetail job = ended(submitTo(definition));
    assertThat(job.status()).isEqualTo(JobStatus.FAILED);
    assertThat(job.statusReason()).isEqualTo("Essential container in task exited");
    Map<String, AttemptTaskContainerDetails> told =
        job.attempts().getFirst().taskProperties().getFirst().containers().stream()
            .collect(Collectors.toMap(AttemptTaskContainerDetails::name, Function.identity()));
    assertThat(told.get("first").exitCode()).isZero();
    assertThat(told.get("main").exitCode()).isEqualTo(6);
    assertThat(told.get("main").logStreamName()).startsWith("several/main/");
    assertThat(job.ecsProperties().taskProperties().getFirst().containers())
        .extracting(c -> c.exitCode())
        .containsExactly(0, 6);
  }
}
