package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.Refusals.json;
import static dev.spillway.batch.api.wire.Refusals.refused;
import static dev.spillway.batch.api.wire.Refusals.refusedBare;
import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComputeEnvironmentUpdateTest {
  /** With the service-linked role, so that everything can be updated. */
  private static final String SPOT =
      ComputeEnvironmentMembersTest.SPOT.replace(
          "'serviceRole':'arn:aws:iam::123456789012:role/batch',", "");

  private static ComputeEnvironment environment(String text) {
    ComputeEnvironmentMembers.Checked checked = ComputeEnvironmentMembers.check(json(text), ARNS);
    return ComputeEnvironment.created(
            "ce", "3f0e8f2c-0000-4000-8000-000000000000", T0, checked.detail().toString())
        .in(ComputeEnvironment.Status.VALID);
  }

  private static ComputeEnvironment update(String text, String request) {
    return change(text, request).environment();
  }

  private static ComputeEnvironmentUpdate.Change change(String text, String request) {
    return ComputeEnvironmentUpdate.apply(
        environment(text), ComputeEnvironmentUpdate.read(json(request)), 2);
  }

  private static JsonNode resources(String text, String changes) {
    return Json.read(update(text, "{'computeResources':" + changes + "}").detail())
        .get("computeResources");
  }

  @Test
  void only_the_members_that_are_given_change() {
    ComputeEnvironment updated =
        update(
            SPOT,
            """
            {'state':'DISABLED','context':'d','updatePolicy':{'terminateJobsOnUpdate':true},
             'computeResources':{'maxvCpus':32,'type':'EC2','allocationStrategy':'BEST_FIT_PROGRESSIVE',
              'updateToLatestImageVersion':true,'tags':{'n':'m'},'bidPercentage':10}}
            """);
    ObjectNode expected = (ObjectNode) json(SPOT).get("computeResources");
    expected
        .put("maxvCpus", 32)
        .put("type", "EC2")
        .put("allocationStrategy", "BEST_FIT_PROGRESSIVE")
        .put("bidPercentage", 10)
        .putObject("tags")
        .put("n", "m");
    ObjectNode detail = Json.read(updated.detail());
    assertThat(detail.get("computeResources")).isEqualTo(expected);
    assertThat(detail.get("updatePolicy")).isEqualTo(json("{'terminateJobsOnUpdate':true}"));
    assertThat(detail.get("context").textValue()).isEqualTo("d");
    assertThat(updated.state()).isEqualTo(ComputeEnvironment.State.DISABLED);
    assertThat(updated.status()).isEqualTo(ComputeEnvironment.Status.VALID);
    assertThat(updated.maxVcpus()).isEqualTo(32);
    assertThat(updated.version()).isEqualTo(environment(SPOT).version() + 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {'imageId':''}                                | imageId
      {'ec2KeyPair':''}                             | ec2KeyPair
      {'placementGroup':''}                         | placementGroup
      {'ec2Configuration':[]}                       | ec2Configuration
      {'launchTemplate':{'launchTemplateId':''}}    | launchTemplate
      {'launchTemplate':{'launchTemplateName':''}}  | launchTemplate
      {'scalingPolicy':{'minScaleDownDelayMinutes':0}} | scalingPolicy
      """)
  void emptiness_takes_a_member_away(String change, String member) {
    assertThat(resources(SPOT, change).has(member)).isFalse();
  }

  @Test
  void empty_overrides_leave_the_launch_template_itself() {
    assertThat(resources(SPOT, "{'launchTemplate':{'overrides':[]}}").get("launchTemplate"))
        .isEqualTo(json("{'launchTemplateId':'lt-1','version':'$Latest'}"));
  }

  @Test
  void desired_vcpus_stay_within_new_bounds_and_are_not_lowered_by_hand() {
    assertThat(resources(SPOT, "{'minvCpus':8}").get("desiredvCpus").intValue()).isEqualTo(8);
    assertThat(resources(SPOT, "{'maxvCpus':1}").get("desiredvCpus").intValue()).isEqualTo(1);
    assertThat(resources(SPOT, "{'desiredvCpus':3}").get("desiredvCpus").intValue()).isEqualTo(3);
    refusedBare(
        "Manually scaling down compute environment is not supported. Disconnecting job queues from"
            + " compute environment will cause it to scale-down to minvCpus.",
        () -> resources(SPOT, "{'desiredvCpus':1}"));
    refused(
        "desiredvCpus should be between minvCpus and maxvCpus.",
        () -> resources(SPOT, "{'desiredvCpus':17}"));
    refused(
        "maxvCpus should be greater than or equal to minvCpus.",
        () -> resources(SPOT, "{'maxvCpus':0}"));
  }

  @Test
  void an_infrastructure_update_needs_a_strategy_and_a_role_that_allow_it() {
    String bestFit = SPOT.replace("'allocationStrategy':'SPOT_CAPACITY_OPTIMIZED',", "");
    refusedBare(
        "imageId cannot be updated: compute environments with the allocation strategy BEST_FIT"
            + " have no infrastructure updates.",
        () -> resources(bestFit, "{'imageId':'ami-9'}"));
    assertThat(resources(bestFit, "{'maxvCpus':9,'imageId':'ami-1'}").get("maxvCpus").intValue())
        .as("the same image again is no update of it")
        .isEqualTo(9);
    refusedBare(
        "imageId cannot be updated: compute environments without the service-linked role have no"
            + " infrastructure updates.",
        () -> resources(ComputeEnvironmentMembersTest.SPOT, "{'imageId':'ami-9'}"));
    refused(
        "arm-based instance type cannot be used with other instance types",
        () -> resources(SPOT, "{'instanceTypes':['m6i','c6g']}"));
    refused("Instance role is required.", () -> resources(SPOT, "{'instanceRole':''}"));
    refused(
        "computeResources.allocationStrategy is BEST_FIT; valid are [BEST_FIT_PROGRESSIVE,",
        () -> resources(SPOT, "{'allocationStrategy':'BEST_FIT'}"));
  }

  @Test
  void fargate_has_three_members_to_update() {
    assertThat(
            resources(
                ComputeEnvironmentMembersTest.FARGATE,
                "{'maxvCpus':4,'subnets':['b'],'securityGroupIds':['c']}"))
        .isEqualTo(
            json("{'type':'FARGATE_SPOT','maxvCpus':4,'subnets':['b'],'securityGroupIds':['c']}"));
    refused(
        "desiredvCpus is not applicable for Fargate.",
        () -> resources(ComputeEnvironmentMembersTest.FARGATE, "{'desiredvCpus':1}"));
    refusedBare(
        "The type cannot be updated to EC2; EC2 and SPOT can be exchanged, and so can FARGATE and"
            + " FARGATE_SPOT.",
        () -> resources(ComputeEnvironmentMembersTest.FARGATE, "{'type':'EC2'}"));
  }

  @Test
  void roles_and_unmanaged_vcpus() {
    String unmanaged = ComputeEnvironmentMembersTest.UNMANAGED;
    assertThat(Json.read(update(unmanaged, "{'unmanagedvCpus':4,'serviceRole':'other'}").detail()))
        .isEqualTo(json("{'type':'UNMANAGED','unmanagedvCpus':4,'serviceRole':'other','tags':{}}"));
    refused(
        "Service Linked Role cannot be used with UNMANAGED Compute Environment",
        () -> update(unmanaged, "{'serviceRole':'x/AWSServiceRoleForBatch'}"));
    refused(
        "computeResources is not applicable for unmanaged Compute Environments",
        () -> update(unmanaged, "{'computeResources':{'maxvCpus':1}}"));
    refused(
        "unmanagedvCpus is not applicable for managed Compute Environments",
        () -> update(SPOT, "{'unmanagedvCpus':4}"));
    refusedBare(
        "The service role of a compute environment cannot be changed from a service-linked role to"
            + " another kind of role, nor back.",
        () -> update(SPOT, "{'serviceRole':'other'}"));
  }
}
