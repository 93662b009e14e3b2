package dev.spillway.batch.api;

import static dev.spillway.batch.api.wire.Refusals.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.ComputeEnvironmentMembersTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.batch.model.CEState;
import software.amazon.awssdk.services.batch.model.CEStatus;
import software.amazon.awssdk.services.batch.model.ComputeEnvironmentDetail;
import software.amazon.awssdk.services.batch.model.ComputeResource;
import software.amazon.awssdk.services.batch.model.CreateComputeEnvironmentRequest;
import software.amazon.awssdk.services.batch.model.CreateJobQueueRequest;
import software.amazon.awssdk.services.batch.model.JQState;
import software.amazon.awssdk.services.batch.model.JQStatus;
import software.amazon.awssdk.services.batch.model.JobQueueDetail;
import software.amazon.awssdk.services.batch.model.UpdateComputeEnvironmentRequest;
import software.amazon.awssdk.services.batch.model.UpdateJobQueueRequest;

/** Compute environments and job queues, by the unmodified SDK. */
@SuppressWarnings({"unchecked", "deprecation"}) // the SDK's varargs of builders; old members
class ComputeEnvironmentConformanceTest extends ConformanceServer {

  private static ComputeEnvironmentDetail detail(String name) {
    return batch
        .describeComputeEnvironments(d -> d.computeEnvironments(name))
        .computeEnvironments()
        .getFirst();
  }

  private static ComputeEnvironmentDetail valid(String name) {
    await().until(() -> detail(name).status() == CEStatus.VALID);
    return detail(name);
  }

  private static JobQueueDetail queueDetail(String name) {
    return batch.describeJobQueues(d -> d.jobQueues(name)).jobQueues().getFirst();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ComputeEnvironmentMembersTest.SPOT,
        ComputeEnvironmentMembersTest.FARGATE,
        ComputeEnvironmentMembersTest.EKS,
        ComputeEnvironmentMembersTest.UNMANAGED
      })
  void every_member_comes_back_as_it_was_sent(String text) {
    String name = "full-" + System.nanoTime();
    ObjectNode request = json(text).put("computeEnvironmentName", name);
    var sent = SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), request).build();
    batch.createComputeEnvironment(sent);
    ComputeEnvironmentDetail answer = valid(name);
    assertThat(answer.type()).isEqualTo(sent.type());
    assertThat(answer.eksConfiguration()).isEqualTo(sent.eksConfiguration());
    assertThat(answer.unmanagedvCpus()).isEqualTo(sent.unmanagedvCpus());
    assertThat(answer.context()).isEqualTo(sent.context());
    assertThat(answer.tags()).isEqualTo(sent.tags());
    if (sent.serviceRole() != null) {
      assertThat(answer.serviceRole()).isEqualTo(sent.serviceRole());
    }
    if (text.equals(ComputeEnvironmentMembersTest.EKS)) {
      assertThat(answer.computeResources())
          .isEqualTo(sent.computeResources().toBuilder().desiredvCpus(0).tags(Map.of()).build());
      assertThat(answer.containerOrchestrationTypeAsString()).isEqualTo("EKS");
      assertThat(answer.ecsClusterArn()).isNull();
    } else {
      assertThat(answer.computeResources()).isEqualTo(sent.computeResources());
      assertThat(answer.containerOrchestrationTypeAsString()).isEqualTo("ECS");
    }
  }

  @Test
  void an_infrastructure_update_holds_at_once() {
    String name = "update-" + System.nanoTime();
    ObjectNode request =
        json(ComputeEnvironmentMembersTest.SPOT).put("computeEnvironmentName", name);
    request.remove("serviceRole");
    batch.createComputeEnvironment(
        SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), request).build());
    valid(name);
    ObjectNode update =
        json("""
                {'state':'DISABLED','updatePolicy':{'terminateJobsOnUpdate':true,
                 'jobExecutionTimeoutMinutes':60},'computeResources':{'maxvCpus':64,'imageId':'',
                 'launchTemplate':{'launchTemplateName':''},'instanceTypes':['r6i']}}
                """)
            .put("computeEnvironment", name);
    batch.updateComputeEnvironment(
        SdkPojos.fill(UpdateComputeEnvironmentRequest.builder(), update).build());
    ComputeEnvironmentDetail answer = detail(name);
    assertThat(answer.status()).isEqualTo(CEStatus.VALID);
    assertThat(answer.state()).isEqualTo(CEState.DISABLED);
    assertThat(answer.updatePolicy().terminateJobsOnUpdate()).isTrue();
    assertThat(answer.updatePolicy().jobExecutionTimeoutMinutes()).isEqualTo(60);
    assertThat(answer.computeResources().imageId()).isNull();
    assertThat(answer.computeResources().launchTemplate()).isNull();
    assertThat(answer.computeResources().maxvCpus()).isEqualTo(64);
    assertThat(answer.computeResources().instanceTypes()).containsExactly("r6i");
    assertThat(answer.computeResources().placementGroup()).isEqualTo("pg");
  }

  @Test
  void every_member_of_an_update_is_read_back() {
    String name = "all-" + System.nanoTime();
    ObjectNode request =
        json(ComputeEnvironmentMembersTest.SPOT).put("computeEnvironmentName", name);
    request.remove("serviceRole");
    batch.createComputeEnvironment(
        SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), request).build());
    valid(name);
    ObjectNode update =
        json("""
                {'context':'later','computeResources':{'type':'SPOT','minvCpus':2,'maxvCpus':32,
                 'desiredvCpus':4,'allocationStrategy':'SPOT_PRICE_CAPACITY_OPTIMIZED',
                 'subnets':['subnet-2'],'securityGroupIds':['sg-2'],'ec2KeyPair':'k2','instanceRole':'r2',
                 'tags':{'t':'2'},'placementGroup':'pg2','bidPercentage':70,
                 'launchTemplate':{'launchTemplateName':'lt','version':'3'},
                 'ec2Configuration':[{'imageType':'ECS_AL2023'}],'updateToLatestImageVersion':true}}
                """)
            .put("computeEnvironment", name);
    batch.updateComputeEnvironment(
        SdkPojos.fill(UpdateComputeEnvironmentRequest.builder(), update).build());
    ComputeEnvironmentDetail answer = valid(name);
    assertThat(answer.context()).isEqualTo("later");
    ObjectNode expected = ((ObjectNode) request.get("computeResources")).deepCopy();
    expected.setAll((ObjectNode) update.get("computeResources"));
    var resources = SdkPojos.fill(ComputeResource.builder(), expected).build();
    assertThat(answer.computeResources())
        .isEqualTo(
            resources.toBuilder()
                .launchTemplate(
                    resources.launchTemplate().toBuilder()
                        .overrides(answer.computeResources().launchTemplate().overrides())
                        .build())
                .build());
  }

  @Test
  void an_unmanaged_environment_is_updated_too() {
    String name = "own-" + System.nanoTime();
    batch.createComputeEnvironment(
        SdkPojos.fill(
                CreateComputeEnvironmentRequest.builder(),
                json(ComputeEnvironmentMembersTest.UNMANAGED).put("computeEnvironmentName", name))
            .build());
    valid(name);
    batch.updateComputeEnvironment(
        u ->
            u.computeEnvironment(name)
                .unmanagedvCpus(16)
                .serviceRole("arn:aws:iam::123456789012:role/other"));
    assertThat(detail(name).unmanagedvCpus()).isEqualTo(16);
    assertThat(detail(name).serviceRole()).isEqualTo("arn:aws:iam::123456789012:role/other");
  }

  @Test
  void a_launch_template_of_pods_may_say_what_its_user_data_is() {
    String name = "pods-" + System.nanoTime();
    ObjectNode request =
        json(ComputeEnvironmentMembersTest.EKS).put("computeEnvironmentName", name);
    request
        .withObject("/computeResources")
        .set(
            "launchTemplate",
            json(
                """
                {'launchTemplateName':'lt','version':'1','userdataType':'EKS_NODEADM','overrides':[
                  {'launchTemplateId':'lt-2','version':'2','targetInstanceTypes':['c7g'],
                   'userdataType':'EKS_NODEADM'}]}
                """));
    var sent = SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), request).build();
    batch.createComputeEnvironment(sent);
    assertThat(valid(name).computeResources().launchTemplate())
        .isEqualTo(sent.computeResources().launchTemplate());
  }

  @Test
  void environments_and_queues_are_described_in_pages() {
    for (int i = 0; i < 3; i++) {
      environment("page" + i, 1);
      valid("page" + i);
      queue("page" + i, "page" + i);
    }
    List<String> environments = new ArrayList<>();
    String token = null;
    do {
      String next = token;
      var page = batch.describeComputeEnvironments(d -> d.maxResults(1).nextToken(next));
      assertThat(page.computeEnvironments()).hasSizeLessThanOrEqualTo(1);
      page.computeEnvironments().forEach(e -> environments.add(e.computeEnvironmentName()));
      token = page.nextToken();
    } while (token != null);
    assertThat(environments).doesNotHaveDuplicates().contains("page0", "page1", "page2", "ce");
    List<String> queues = new ArrayList<>();
    do {
      String next = token;
      var page = batch.describeJobQueues(d -> d.maxResults(2).nextToken(next));
      assertThat(page.jobQueues()).hasSizeLessThanOrEqualTo(2);
      page.jobQueues().forEach(q -> queues.add(q.jobQueueName()));
      token = page.nextToken();
    } while (token != null);
    assertThat(queues).doesNotHaveDuplicates().contains("page0", "page1", "page2", "prod");
  }

  @Test
  void a_queue_is_updated_where_it_says() {
    queue("updated", "ce");
    ObjectNode limits =
        json("""
            {'jobStateTimeLimitActions':[{'reason':'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
              'state':'RUNNABLE','maxTimeSeconds':600,'action':'CANCEL'}],'priority':9}
            """)
            .put("jobQueue", "updated");
    var sent = SdkPojos.fill(UpdateJobQueueRequest.builder(), limits).build();
    batch.updateJobQueue(sent);
    JobQueueDetail answer = queueDetail("updated");
    assertThat(answer.priority()).isEqualTo(9);
    assertThat(answer.jobStateTimeLimitActions()).isEqualTo(sent.jobStateTimeLimitActions());
    assertThat(answer.computeEnvironmentOrder().getFirst().order()).isEqualTo(1);
  }

  @Test
  void a_queue_keeps_time_limits_and_takes_its_type_from_its_environments() {
    String fargate = "far-" + System.nanoTime();
    batch.createComputeEnvironment(
        SdkPojos.fill(
                CreateComputeEnvironmentRequest.builder(),
                json(ComputeEnvironmentMembersTest.FARGATE).put("computeEnvironmentName", fargate))
            .build());
    valid(fargate);
    ObjectNode request =
        json(
            """
            {'jobQueueName':'limits','priority':5,'state':'DISABLED','tags':{'a':'b'},
             'jobQueueType':'ECS_FARGATE','jobStateTimeLimitActions':[
               {'reason':'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY','state':'RUNNABLE',
                'maxTimeSeconds':600,'action':'CANCEL'}],
             'computeEnvironmentOrder':[{'order':3,'computeEnvironment':'FAR'}]}
            """
                .replace("FAR'", fargate + "'"));
    var sent = SdkPojos.fill(CreateJobQueueRequest.builder(), request).build();
    batch.createJobQueue(sent);
    JobQueueDetail answer = queueDetail("limits");
    assertThat(answer.jobStateTimeLimitActions()).isEqualTo(sent.jobStateTimeLimitActions());
    assertThat(answer.priority()).isEqualTo(5);
    assertThat(answer.state()).isEqualTo(JQState.DISABLED);
    assertThat(answer.tags()).isEqualTo(sent.tags());
    assertThat(answer.jobQueueTypeAsString()).isEqualTo("ECS_FARGATE");
    assertThat(answer.computeEnvironmentOrder().getFirst().order()).isEqualTo(3);
    batch.updateJobQueue(u -> u.jobQueue("limits").jobStateTimeLimitActions(List.of()));
    assertThat(queueDetail("limits").jobStateTimeLimitActions()).isEmpty();
    refused(
        "Fargate and EC2 compute environments can not be mixed.",
        () ->
            batch.updateJobQueue(
                u ->
                    u.jobQueue("limits")
                        .computeEnvironmentOrder(
                            o -> o.order(1).computeEnvironment("ce"),
                            o -> o.order(2).computeEnvironment(fargate))));
    refused(
        "The jobQueueType provided is EKS, which is incompatible with the provided"
            + " computeEnvironmentOrder.",
        () ->
            batch.createJobQueue(
                q ->
                    q.jobQueueName("other")
                        .priority(1)
                        .jobQueueType("EKS")
                        .computeEnvironmentOrder(o -> o.order(1).computeEnvironment("ce"))));
  }

  @Test
  void a_scheduling_policy_is_named_by_its_arn_and_never_added_later() {
    String arn = "arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair";
    refused(
        "Only scheduling policy Arn can be allowed.",
        () -> batch.updateJobQueue(u -> u.jobQueue("prod").schedulingPolicyArn("fair")));
    refused(
        "SchedulingPolicy " + arn + " not found.",
        () -> batch.updateJobQueue(u -> u.jobQueue("prod").schedulingPolicyArn(arn)));
    batch.updateJobQueue(u -> u.jobQueue("prod").schedulingPolicyArn(""));
    refused(
        "ComputeEnvironments and MaxResults cannot both be set",
        () -> batch.describeComputeEnvironments(d -> d.computeEnvironments("ce").maxResults(1)));
    refused(
        "JobQueues and MaxResults cannot both be set",
        () -> batch.describeJobQueues(d -> d.jobQueues("prod").maxResults(1)));
  }

  @Test
  void an_environment_and_a_queue_become_valid_and_answer_with_arns() {
    environment("shape", 8);
    await()
        .until(
            () ->
                batch
                        .describeComputeEnvironments(d -> d.computeEnvironments("shape"))
                        .computeEnvironments()
                        .getFirst()
                        .status()
                    == CEStatus.VALID);
    Awaitility.await()
        .until(
            () ->
                batch
                    .describeComputeEnvironments(d -> d.computeEnvironments("shape"))
                    .computeEnvironments()
                    .getFirst()
                    .status()
                    .equals(CEStatus.VALID));
    var ce =
        batch
            .describeComputeEnvironments(d -> d.computeEnvironments("shape", "nope"))
            .computeEnvironments()
            .getFirst();
    assertThat(ce.computeEnvironmentArn())
        .isEqualTo("arn:aws:batch:us-east-1:123456789012:compute-environment/shape");
    assertThat(ce.statusReason()).isEqualTo("ComputeEnvironment Healthy");
    assertThat(ce.computeResources().maxvCpus()).isEqualTo(8);
    assertThat(ce.computeResources().desiredvCpus()).isZero();
    assertThat(ce.ecsClusterArn()).endsWith("cluster/shape_Batch_" + ce.uuid());
    queue("shape-q", ce.computeEnvironmentArn());
    Awaitility.await()
        .until(
            () ->
                batch
                    .describeJobQueues(d -> d.jobQueues("shape-q"))
                    .jobQueues()
                    .getFirst()
                    .status()
                    .equals(JQStatus.VALID));
    var jq = batch.describeJobQueues(d -> d.jobQueues("shape-q")).jobQueues().getFirst();
    assertThat(jq.computeEnvironmentOrder().getFirst().computeEnvironment())
        .isEqualTo(ce.computeEnvironmentArn());
    assertThat(jq.statusReason()).isEqualTo("JobQueue Healthy");
    assertThat(jq.serviceEnvironmentOrder()).isEmpty();
    assertThat(jq.hasServiceEnvironmentOrder()).isTrue();
  }

  @Test
  void resources_are_disabled_before_they_are_deleted() {
    environment("gone", 1);
    queue("gone-q", "gone");
    refused(
        "Cannot delete, state must be DISABLED",
        () -> batch.deleteJobQueue(d -> d.jobQueue("gone-q")));
    batch.updateJobQueue(u -> u.jobQueue("gone-q").state(JQState.DISABLED));
    refused(
        "JobQueue gone-q is not enabled.",
        () -> submit(define("exit", "0"), s -> s.jobQueue("gone-q")));
    batch.updateComputeEnvironment(u -> u.computeEnvironment("gone").state(CEState.DISABLED));
    refused(
        "Cannot delete, found existing JobQueue relationship",
        () -> batch.deleteComputeEnvironment(d -> d.computeEnvironment("gone")));
    batch.deleteJobQueue(d -> d.jobQueue("gone-q"));
    assertThat(batch.describeJobQueues(d -> d.jobQueues("gone-q")).jobQueues()).isEmpty();
    batch.deleteComputeEnvironment(d -> d.computeEnvironment("gone"));
    await()
        .until(
            () ->
                batch
                    .describeComputeEnvironments(d -> d.computeEnvironments("gone"))
                    .computeEnvironments()
                    .isEmpty());
  }
}
