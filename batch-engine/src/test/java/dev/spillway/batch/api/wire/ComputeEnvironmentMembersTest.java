package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.JobDefinitionMembersTest.set;
import static dev.spillway.batch.api.wire.Refusals.json;
import static dev.spillway.batch.api.wire.Refusals.refused;
import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

public class ComputeEnvironmentMembersTest {
  public static final String SPOT =
      """
      {'computeEnvironmentName':'ce','type':'MANAGED','state':'ENABLED','tags':{'a':'b'},
       'context':'c','serviceRole':'arn:aws:iam::123456789012:role/batch',
       'computeResources':{'type':'SPOT','allocationStrategy':'SPOT_CAPACITY_OPTIMIZED',
         'minvCpus':1,'maxvCpus':16,'desiredvCpus':2,'instanceTypes':['m6i','c6i.large'],
         'imageId':'ami-1','subnets':['subnet-1'],'securityGroupIds':['sg-1'],
         'ec2KeyPair':'key','instanceRole':'ecsInstanceRole','tags':{'x':'y'},
         'placementGroup':'pg','bidPercentage':50,'spotIamFleetRole':'arn:aws:iam:::role/fleet',
         'launchTemplate':{'launchTemplateId':'lt-1','version':'$Latest','overrides':[
           {'launchTemplateName':'n','version':'2','targetInstanceTypes':['m6i']}]},
         'ec2Configuration':[{'imageType':'ECS_AL2','imageIdOverride':'ami-2'}],
         'scalingPolicy':{'minScaleDownDelayMinutes':20}}}
      """;
  public static final String FARGATE =
      """
      {'computeEnvironmentName':'ce','type':'MANAGED','computeResources':{'type':'FARGATE_SPOT',
       'maxvCpus':16,'subnets':['subnet-1'],'securityGroupIds':['sg-1']}}
      """;
  public static final String EKS =
      """
      {'computeEnvironmentName':'ce','type':'MANAGED','computeResources':{'type':'EC2',
        'allocationStrategy':'BEST_FIT_PROGRESSIVE','minvCpus':0,'maxvCpus':16,
        'instanceTypes':['c7g'],'instanceRole':'r','subnets':['subnet-1'],
        'securityGroupIds':['sg-1'],
        'ec2Configuration':[{'imageType':'EKS_AL2023','imageKubernetesVersion':'1.31'}]},
       'eksConfiguration':{'eksClusterArn':'arn:aws:eks:us-east-1:123456789012:cluster/c',
         'kubernetesNamespace':'jobs'}}
      """;
  public static final String UNMANAGED =
      """
      {'computeEnvironmentName':'ce','type':'UNMANAGED','unmanagedvCpus':8,
       'serviceRole':'arn:aws:iam::123456789012:role/batch'}
      """;
  private static final List<String> ALL = List.of(SPOT, FARGATE, EKS, UNMANAGED);

  @ParameterizedTest
  @FieldSource("ALL")
  void every_member_is_kept_exactly_as_it_was_given(String text) {
    ObjectNode request = json(text);
    ObjectNode kept = ComputeEnvironmentMembers.check(request, ARNS).detail();
    for (String member :
        List.of(
            "type",
            "computeResources",
            "serviceRole",
            "unmanagedvCpus",
            "context",
            "eksConfiguration")) {
      assertThat(kept.get(member)).as(member).isEqualTo(request.get(member));
    }
  }

  private static ObjectNode answer(String text) {
    return ComputeEnvironmentMembers.answer(
        ComputeEnvironmentMembers.check(json(text), ARNS).detail(), "cluster-arn", ARNS);
  }

  @Test
  void what_is_absent_is_answered_as_aws_does() {
    ObjectNode ec2 =
        answer(
            """
            {'computeEnvironmentName':'ce','type':'MANAGED','computeResources':{'type':'EC2',
             'minvCpus':3,'maxvCpus':16,'instanceTypes':['optimal'],'instanceRole':'r',
             'subnets':['s'],'securityGroupIds':['g']}}
            """);
    assertThat(ec2)
        .isEqualTo(
            json(
                """
                {'type':'MANAGED','computeResources':{'type':'EC2',
                 'minvCpus':3,'maxvCpus':16,'instanceTypes':['optimal'],'instanceRole':'r',
                 'subnets':['s'],'securityGroupIds':['g'],'desiredvCpus':3,'tags':{},
                 'ec2Configuration':[{'imageType':'ECS_AL2023'}]},'tags':{},
                 'ecsClusterArn':'cluster-arn',
                 'serviceRole':'arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch',
                 'updatePolicy':{'terminateJobsOnUpdate':false,'jobExecutionTimeoutMinutes':30},
                 'containerOrchestrationType':'ECS'}
                """));
    ObjectNode pods = answer(EKS);
    assertThat(pods.has("ecsClusterArn")).isFalse();
    assertThat(pods.get("containerOrchestrationType").textValue()).isEqualTo("EKS");
    ObjectNode unmanaged = answer(UNMANAGED);
    assertThat(unmanaged.has("updatePolicy")).isFalse();
    assertThat(unmanaged.get("unmanagedvCpus").intValue()).isEqualTo(8);
    assertThat(answer(FARGATE).get("computeResources"))
        .isEqualTo(json(FARGATE).get("computeResources"));
    assertThat(ComputeEnvironmentMembers.check(json(UNMANAGED), ARNS).maxVcpus())
        .isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /computeEnvironmentName                      | 'a b'           | Compute Environment name should match a valid pattern.
      /type                                        | 'OTHER'         | type is OTHER; valid are [MANAGED, UNMANAGED].
      /state                                       | 'DISABLED'      | Compute Environment must be created in ENABLED state.
      /unmanagedvCpus                              | 1               | unmanagedvCpus is not applicable for managed Compute Environments
      /computeResources                            | null            | computeResources is required for a MANAGED compute environment.
      /computeResources/type                       | 'MAC'           | computeResources.type is MAC; valid are [EC2, SPOT, FARGATE, FARGATE_SPOT].
      /computeResources/type                       | 'EC2'           | Allocation strategy SPOT_CAPACITY_OPTIMIZED requires compute resource type SPOT.
      /computeResources/maxvCpus                   | null            | Resource maxvCpus is required.
      /computeResources/minvCpus                   | null            | Resource minvCpus is required.
      /computeResources/minvCpus                   | -1              | minvCpus should be greater than or equal to 0.
      /computeResources/minvCpus                   | 17              | maxvCpus should be greater than or equal to minvCpus.
      /computeResources/desiredvCpus               | 17              | desiredvCpus should be between minvCpus and maxvCpus.
      /computeResources/instanceRole               | ''              | Instance role is required.
      /computeResources/instanceTypes              | []              | Resource instanceTypes are required.
      /computeResources/instanceTypes/0            | 'g5g.xlarge'    | arm-based instance type cannot be used with other instance types
      /computeResources/subnets                    | []              | Resource subnets are required.
      /computeResources/bidPercentage              | 101             | Bid percentage must be between 0 to 100.
      /computeResources/allocationStrategy         | 'BEST_FIT_PROGRESSIVE_ORDERED' | Allocation strategy BEST_FIT_PROGRESSIVE_ORDERED requires compute resource type EC2.
      /computeResources/ec2Configuration/0/imageType | 'EKS_AL2'     | Invalid imageType in ComputeResources.ec2Configuration
      /computeResources/ec2Configuration/0/imageType | ''            | computeResources.ec2Configuration[0].imageType has 0 characters; it should have 1 to 256.
      /computeResources/scalingPolicy/minScaleDownDelayMinutes | 19  | minScaleDownDelayMinutes is 19; it should be 0 or between 20 and 10080.
      /computeResources/launchTemplate             | {}              | One of LaunchTemplateId and LaunchTemplateName or LaunchTemplate.overrides should be provided
      /computeResources/launchTemplate/version     | 'newest'        | LaunchTemplateVersion must be either empty or a number or $Default or $Latest
      /computeResources/launchTemplate/overrides/0/launchTemplateId | 'lt-2' | LaunchTemplate.overrides should have either LaunchTemplateId or LaunchTemplateName
      /computeResources/launchTemplate/overrides/0/targetInstanceTypes | [] | LaunchTemplate.overrides.targetInstanceTypes[] is required
      /computeResources/launchTemplate/overrides/0/targetInstanceTypes | ['r5'] | LaunchTemplate.overrides have targetInstanceTypes that do not match
      /computeResources/launchTemplate/overrides/0/targetInstanceTypes | ['m6i','m6i'] | LaunchTemplate.overrides have duplicate targetInstanceTypes
      """)
  void a_wrong_member_of_an_environment_of_instances(String pointer, String value, String message) {
    refusedWith(SPOT, pointer, value, message);
  }

  @Test
  void roles_and_groups_that_other_members_make_necessary() {
    ObjectNode fleet = json(SPOT);
    ((ObjectNode) fleet.get("computeResources"))
        .remove(List.of("allocationStrategy", "spotIamFleetRole"));
    refused(
        "compute resource spotIamFleetRole is required.",
        () -> ComputeEnvironmentMembers.check(fleet, ARNS));
    ObjectNode groups = json(SPOT);
    ((ObjectNode) groups.get("computeResources")).remove("securityGroupIds");
    ComputeEnvironmentMembers.check(groups, ARNS); // the launch template may have them
    ((ObjectNode) groups.get("computeResources")).remove("launchTemplate");
    refused(
        "Security group ids are required.", () -> ComputeEnvironmentMembers.check(groups, ARNS));
    ObjectNode overrides = json(SPOT);
    ArrayNode list = (ArrayNode) overrides.at("/computeResources/launchTemplate/overrides");
    IntStream.range(0, 10).forEach(_ -> list.add(list.get(0).deepCopy()));
    refused(
        "LaunchTemplate.overrides size cannot be greater than 10",
        () -> ComputeEnvironmentMembers.check(overrides, ARNS));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      allocationStrategy | 'BEST_FIT'
      bidPercentage      | 1
      desiredvCpus       | 0
      ec2Configuration   | [{'imageType':'ECS_AL2'}]
      ec2KeyPair         | 'k'
      imageId            | 'ami'
      instanceRole       | 'r'
      instanceTypes      | ['c5']
      launchTemplate     | {'launchTemplateId':'l'}
      minvCpus           | 0
      placementGroup     | 'p'
      scalingPolicy      | {'minScaleDownDelayMinutes':20}
      spotIamFleetRole   | 'r'
      tags               | {'a':'b'}
      """)
  void fargate_has_no_members_of_instances(String member, String value) {
    refusedWith(
        FARGATE, "/computeResources/" + member, value, member + " is not applicable for Fargate.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /computeResources/securityGroupIds | ['1','2','3','4','5','6'] | Fargate supports a maximum of 5 security groups.
      /computeResources/securityGroupIds | []                        | Security group ids are required.
      /computeResources/subnets | ['1','2','3','4','5','6','7','8','9','0','1','2','3','4','5','6','7'] | Fargate supports a maximum of 16 subnets.
      /eksConfiguration | {'eksClusterArn':'a','kubernetesNamespace':'n'} | Supported compute types for EKS compute environments are [EC2, SPOT]
      """)
  void a_wrong_member_of_a_fargate_environment(String pointer, String value, String message) {
    refusedWith(FARGATE, pointer, value, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /computeResources/allocationStrategy | null       | allocationStrategy is required for EKS Compute Environments.
      /computeResources/allocationStrategy | 'BEST_FIT' | Allocation strategy BEST_FIT is not supported for EKS Compute Environments.
      /computeResources/ec2Configuration/0/imageKubernetesVersion | 'newest' | At least one imageKubernetesVersion in EC2Configuration is not supported.
      /eksConfiguration/eksClusterArn | 'c' | eksClusterArn must be an EKS cluster ARN.
      /eksConfiguration/eksClusterArn | 'arn:aws:eks:eu-west-1:123456789012:cluster/c' | eksClusterArn must be in the same AWS region as the compute environment
      /eksConfiguration/kubernetesNamespace | 'A_b' | kubernetesNamespace must be a valid Kubernetes namespace.
      /eksConfiguration/kubernetesNamespace | 'default' | kubernetesNamespace cannot be the default Kubernetes namespace
      /eksConfiguration/kubernetesNamespace | 'kube-system' | kubernetesNamespace cannot be a reserved Kubernetes system namespace
      /eksConfiguration/kubernetesNamespace | 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' | kubernetesNamespace must less than or equal to 63 characters
      """)
  void a_wrong_member_of_an_environment_on_eks(String pointer, String value, String message) {
    refusedWith(EKS, pointer, value, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /serviceRole    | null | ServiceRole is required.
      /serviceRole    | 'arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch' | Service Linked Role cannot be used with UNMANAGED Compute Environment
      /unmanagedvCpus | -1 | unmanagedvCpus is -1; it should not be negative.
      """)
  void a_wrong_member_of_an_unmanaged_environment(String pointer, String value, String message) {
    refusedWith(UNMANAGED, pointer, value, message);
  }

  private static void refusedWith(String text, String pointer, String value, String message) {
    ObjectNode request = json(text);
    set(request, pointer, value);
    refused(message, () -> ComputeEnvironmentMembers.check(request, ARNS));
  }
}
