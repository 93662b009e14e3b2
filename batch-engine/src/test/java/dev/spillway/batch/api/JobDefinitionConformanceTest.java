package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.Definitions;
import dev.spillway.batch.api.wire.JobDefinitionMembers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.batch.model.JobDefinition;
import software.amazon.awssdk.services.batch.model.JobDefinitionType;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.RegisterJobDefinitionRequest;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.TaskContainerProperties;

/** Job definitions of every kind, by the unmodified SDK. */
@SuppressWarnings({"unchecked", "deprecation"}) // the SDK's varargs of builders; old members
class JobDefinitionConformanceTest extends ConformanceServer {

  @ParameterizedTest
  @ValueSource(
      strings = {
        Definitions.CONTAINER,
        Definitions.FARGATE,
        Definitions.ECS,
        Definitions.EKS,
        Definitions.NODES
      })
  void every_member_comes_back_as_it_was_sent(String text) {
    ObjectNode request = Definitions.json(text.replace("'privileged':true", "'privileged':false"));
    var registered =
        batch.registerJobDefinition(
            SdkPojos.fill(RegisterJobDefinitionRequest.builder(), request).build());
    JobDefinition answer =
        batch
            .describeJobDefinitions(d -> d.jobDefinitions(registered.jobDefinitionArn()))
            .jobDefinitions()
            .getFirst();
    JobDefinition expected =
        SdkPojos.fill(
                JobDefinition.builder(),
                JobDefinitionMembers.answer(JobDefinitionMembers.check(request, true).detail()))
            .jobDefinitionName(registered.jobDefinitionName())
            .jobDefinitionArn(registered.jobDefinitionArn())
            .revision(registered.revision())
            .status("ACTIVE")
            .build();
    assertThat(answer).isEqualTo(expected);
  }

  @Test
  void a_job_of_one_container_of_a_task_runs() {
    String name = "one-" + System.nanoTime();
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName(name)
                .type(JobDefinitionType.CONTAINER)
                .ecsProperties(
                    e ->
                        e.taskProperties(
                            t ->
                                t.containers(
                                    TaskContainerProperties.builder()
                                        .name("main")
                                        .image("busybox")
                                        .command("exit", "1")
                                        .resourceRequirements(
                                            requirement(ResourceType.VCPU, "1"),
                                            requirement(ResourceType.MEMORY, "64"))
                                        .build()))));
    JobDetail job = ended(submit(name, s -> s).jobId());
    assertThat(job.status()).isEqualTo(JobStatus.FAILED);
    assertThat(job.ecsProperties().taskProperties().getFirst().containers().getFirst().command())
        .containsExactly("exit", "1");
  }

  @Test
  void a_job_that_cannot_run_here_names_what_is_missing() {
    String name = "mounts-" + System.nanoTime();
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName(name)
                .type(JobDefinitionType.CONTAINER)
                .containerProperties(
                    c ->
                        c.image("busybox")
                            .vcpus(1)
                            .memory(64)
                            .volumes(v -> v.name("v").host(h -> h.sourcePath("/v")))
                            .mountPoints(m -> m.sourceVolume("v").containerPath("/v"))));
    JobDetail failed = ended(submit(name, s -> s).jobId());
    assertThat(failed.status()).isEqualTo(JobStatus.FAILED);
    assertThat(failed.statusReason()).isEqualTo("Task failed to start");
    assertThat(failed.container().reason())
        .isEqualTo(
            "CannotCreateContainerError: volume v is the host's /v, which jobs may not have here; list it or a folder above it under batch.allowedHostPaths.");
  }

  @Test
  void definitions_have_revisions_that_go_on_after_deregistration() {
    String name = define("exit", "0");
    batch.registerJobDefinition(
        d ->
            d.jobDefinitionName(name)
                .type(JobDefinitionType.CONTAINER)
                .timeout(t -> t.attemptDurationSeconds(60))
                .containerProperties(c -> c.image("busybox").vcpus(1).memory(128)));
    batch.deregisterJobDefinition(d -> d.jobDefinition(name + ":2"));
    var revisions = batch.describeJobDefinitions(d -> d.jobDefinitionName(name)).jobDefinitions();
    assertThat(revisions).extracting(r -> r.revision()).containsExactly(2, 1);
    assertThat(revisions).extracting(r -> r.status()).containsExactly("INACTIVE", "ACTIVE");
    assertThat(revisions.getFirst().timeout().attemptDurationSeconds()).isEqualTo(60);
    assertThat(submit(name, s -> s).jobId()).isNotEmpty();
    refused(
        "JobDefinition name " + name + ":2 does not exist or is not in ACTIVE status",
        () -> submit(name + ":2", s -> s));
    assertThat(
            batch
                .describeJobDefinitions(d -> d.jobDefinitions(name + ":1"))
                .jobDefinitions()
                .getFirst()
                .containerProperties()
                .hasUlimits())
        .isTrue();
  }

  @Test
  void definitions_are_described_in_pages_and_by_their_status() {
    String name = define("exit", "0");
    for (int i = 0; i < 3; i++) {
      batch.registerJobDefinition(
          d ->
              d.jobDefinitionName(name)
                  .type(JobDefinitionType.CONTAINER)
                  .containerProperties(
                      c ->
                          c.image("busybox")
                              .resourceRequirements(
                                  requirement(ResourceType.VCPU, "1"),
                                  requirement(ResourceType.MEMORY, "64"))));
    }
    batch.deregisterJobDefinition(d -> d.jobDefinition(name + ":2"));
    List<Integer> revisions = new ArrayList<>();
    String token = null;
    do {
      String next = token;
      var page =
          batch.describeJobDefinitions(
              d -> d.jobDefinitionName(name).status("ACTIVE").maxResults(2).nextToken(next));
      assertThat(page.jobDefinitions()).hasSizeLessThanOrEqualTo(2);
      page.jobDefinitions().forEach(d -> revisions.add(d.revision()));
      token = page.nextToken();
    } while (token != null);
    assertThat(revisions).containsExactlyInAnyOrder(1, 3, 4);
  }
}
