package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class JobDefinitionMembersTest {
  private static final List<String> FULL =
      List.of(
          Definitions.CONTAINER,
          Definitions.FARGATE,
          Definitions.ECS,
          Definitions.EKS,
          Definitions.NODES);

  @ParameterizedTest
  @FieldSource("FULL")
  void every_member_is_kept_exactly_as_it_was_given(String text) {
    ObjectNode request = Definitions.json(text);
    ObjectNode kept = JobDefinitionMembers.check(request, true).detail();
    for (String member :
        List.of(
            "type",
            "schedulingPriority",
            "containerProperties",
            "ecsProperties",
            "eksProperties",
            "nodeProperties",
            "timeout",
            "consumableResourceProperties")) {
      assertThat(kept.get(member)).as(member).isEqualTo(request.get(member));
    }
    assertThat(kept.get("parameters"))
        .isEqualTo(request.has("parameters") ? request.get("parameters") : Json.object());
  }

  @Test
  void what_is_absent_is_answered_as_aws_does() {
    ObjectNode ec2 =
        JobDefinitionMembers.answer(
            JobDefinitionMembers.check(small("{'image':'i'}"), true).detail());
    assertThat(ec2.get("containerProperties"))
        .isEqualTo(
            Definitions.json(
                "{'image':'i','vcpus':1,'memory':4,'command':[],'volumes':[],'environment':[],"
                    + "'mountPoints':[],'ulimits':[],'resourceRequirements':[],'secrets':[]}"));
    assertThat(ec2.get("platformCapabilities").toString()).isEqualTo("[\"EC2\"]");
    assertThat(ec2.get("containerOrchestrationType").textValue()).isEqualTo("ECS");
    ObjectNode pods = Json.read(Definitions.registered(Definitions.EKS).detail());
    assertThat(pods.get("platformCapabilities")).isEmpty();
    assertThat(JobDefinitionMembers.answer(pods).get("containerOrchestrationType").textValue())
        .isEqualTo("EKS");
  }

  private static ObjectNode small(String members) {
    ObjectNode request = Json.object().put("jobDefinitionName", "x").put("type", "container");
    ObjectNode container = request.putObject("containerProperties").put("vcpus", 1);
    container.put("memory", 4).setAll(Definitions.json(members));
    return request;
  }

  /** Each row changes one member of a definition that is right. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      maxCharsPerColumn = 20000,
      textBlock =
          """
      /jobDefinitionName                                          | '-a b'                  | Job definition name should match a valid pattern.
      /type                                                       | 'spark'                 | type is spark; valid are [container, multinode].
      /schedulingPriority                                         | 10000                   | Scheduling priority must be between 0 and 9999.
      /platformCapabilities                                       | ['EC2','FARGATE']       | Exactly 1 capability must be provided.
      /platformCapabilities                                       | ['EKS']                 | Capability EKS is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]
      /platformCapabilities                                       | ['MANAGED_INSTANCES']   | Cannot use ECS containerProperties for MANAGED_INSTANCES
      /tags                                                       | {'aws:x':'1'}           | Tag key aws:x begins with aws:, which is reserved.
      /timeout/attemptDurationSeconds                             | 59                      | attemptDurationSeconds must be at least 60.
      /nodeProperties                                             | {'numNodes':1,'mainNode':0,'nodeRangeProperties':[]} | nodeProperties is only applicable for multinode jobs.
      /ecsProperties                                              | {'taskProperties':[]}   | Cannot use both ECS containerProperties and ecsProperties
      /eksProperties                                              | {}                      | Cannot use both ECS containerProperties and eksProperties
      /consumableResourceProperties/consumableResourceList/0/quantity | 0                   | consumableResourceProperties.consumableResourceList[0].quantity is 0; the minimum is 1.
      /consumableResourceProperties/consumableResourceList/0/consumableResource | 'a b'     | ConsumableResource name should match a valid pattern.
      /consumableResourceProperties/consumableResourceList/0/consumableResource | 'tape'    | Cannot have duplicate consumableResource in consumableResourceProperties
      /containerProperties/image                                  | ''                      | ECS Container Image must be provided.
      /containerProperties/image                                  | 'a b'                   | containerProperties.image is a b; it should have
      /containerProperties/user                                   | 'Root'                  | User 'Root' does not match regex
      /containerProperties/nope                                   | 1                       | containerProperties.nope is not a member of this request; known are command,
      /containerProperties/environment/0/name                     | 'AWS_BATCH_X'           | Environment variable AWS_BATCH_X begins with AWS_BATCH, which is reserved.
      /containerProperties/secrets/0/name                         | 'AWS_BATCH_X'           | Environment variable AWS_BATCH_X begins with AWS_BATCH, which is reserved.
      /containerProperties/executionRoleArn                       | ''                      | executionRoleArn cannot be empty when using secrets or secretOptions
      /containerProperties/networkConfiguration                   | {'assignPublicIp':'ENABLED'} | networkConfiguration not applicable for EC2.
      /containerProperties/fargatePlatformConfiguration           | {'platformVersion':'LATEST'} | fargatePlatformConfiguration not applicable for EC2.
      /containerProperties/runtimePlatform                        | {'cpuArchitecture':'ARM64'}  | runtimePlatform is not applicable for EC2.
      /containerProperties/ephemeralStorage/sizeInGiB             | 20                      | Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200 GiB
      /containerProperties/resourceRequirements/0/value           | '0'                     | vCPU must be at least 1, got 0.
      /containerProperties/resourceRequirements/0/value           | '1e9'                   | The value of VCPU is 1e9; it should be a number.
      /containerProperties/resourceRequirements/1/value           | '3'                     | Memory must be at least 4 Mib, got 3 Mib.
      /containerProperties/resourceRequirements/1/value           | '4.5'                   | MEMORY is 4.5; it should be a whole number of MiB.
      /containerProperties/resourceRequirements/1/type            | 'VCPU'                  | Cannot provide duplicates in resourceRequirements.
      /containerProperties/resourceRequirements/1/type            | 'DISK'                  | containerProperties.resourceRequirements[1].type is DISK; valid are [GPU, VCPU, MEMORY].
      /containerProperties/resourceRequirements/2/value           | '0.5'                   | The value of GPU is 0.5; it should be a whole number from 1.
      /containerProperties/resourceRequirements                   | []                      | vCPU is not provided.
      /containerProperties/ulimits/0/name                         | 'files'                 | containerProperties.ulimits[0].name is files; valid are [core, cpu,
      /containerProperties/volumes/0/efsVolumeConfiguration       | {'fileSystemId':'fs-01234567'} | When the volume parameter is specified, only one volume configuration type should be used.
      /containerProperties/volumes/1/name                         | 'scratch'               | Volume name scratch is given twice.
      /containerProperties/volumes/2/efsVolumeConfiguration/fileSystemId | 'efs-1'          | EFS configuration fileSystemId is not valid: efs-1.
      /containerProperties/volumes/2/efsVolumeConfiguration/transitEncryption | 'DISABLED'  | EFS IAM authorization requires TransitEncryption to be enabled.
      /containerProperties/volumes/2/efsVolumeConfiguration/transitEncryptionPort | 65536   | TransitEncryptionPort must be a valid port number.
      /containerProperties/volumes/2/efsVolumeConfiguration/rootDirectory | '/x'            | When using an EFS access point, the root directory must either be set to "/" or omitted
      /containerProperties/mountPoints/0/sourceVolume             | 'nope'                  | containerProperties.mountPoints[0].sourceVolume is nope, which is no volume of this job definition.
      /containerProperties/linuxParameters                        | {'maxSwap':1}           | When container specified swap memory, swappiness value is required.
      /containerProperties/linuxParameters/swappiness             | 101                     | containerProperties.linuxParameters.swappiness is 101; it should be between 0 and 100.
      /containerProperties/linuxParameters/tmpfs/0/size           | 0                       | Size of a tmpfs is invalid. The size is required and must be a positive integer.
      /containerProperties/linuxParameters/tmpfs/0/mountOptions/0 | 'sticky'                | containerProperties.linuxParameters.tmpfs[0].mountOptions has sticky, which is no mount option of a tmpfs.
      /containerProperties/linuxParameters/devices/0/permissions/0 | 'EXEC'                 | containerProperties.linuxParameters.devices[0].permissions[0] is EXEC; valid are [READ, WRITE, MKNOD].
      /containerProperties/logConfiguration/logDriver             | 'nope'                  | containerProperties.logConfiguration.logDriver is nope; valid are [json-file,
      """)
  void a_wrong_member_of_a_container_definition(String pointer, String value, String message) {
    refusedWith(Definitions.CONTAINER, pointer, value, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /containerProperties/executionRoleArn                     | ''                             | executionRoleArn is required for Fargate jobs.
      /containerProperties/vcpus                                | 1                              | vcpus is not applicable for Fargate.
      /containerProperties/memory                               | 512                            | memory is not applicable for Fargate.
      /containerProperties/instanceType                         | 'c5.large'                     | instanceType is not applicable for Fargate.
      /containerProperties/privileged                           | true                           | privileged is not applicable for Fargate.
      /containerProperties/ulimits                              | [{'name':'core','softLimit':0,'hardLimit':0}] | ulimits is not applicable for Fargate.
      /containerProperties/volumes                              | [{'name':'v','host':{'sourcePath':'/v'}}] | host.sourcePath should not be set for volumes in Fargate.
      /containerProperties/linuxParameters                      | {'devices':[{'hostPath':'/d'}]} | linuxParameter.devices is not allowed for Fargate.
      /containerProperties/linuxParameters                      | {'maxSwap':0}                  | linuxParameter.maxSwap is not allowed for Fargate.
      /containerProperties/linuxParameters                      | {'swappiness':0}               | linuxParameter.swappiness is not allowed for Fargate.
      /containerProperties/linuxParameters                      | {'sharedMemorySize':1}         | linuxParameter.sharedMemorySize is not allowed for Fargate.
      /containerProperties/linuxParameters                      | {'tmpfs':[{'containerPath':'/t','size':1}]} | linuxParameter.tmpfs is not allowed for Fargate.
      /containerProperties/logConfiguration                     | {'logDriver':'syslog'}         | Log driver for Fargate is not valid: syslog
      /containerProperties/logConfiguration                     | {'logDriver':'awsfirelens'}    | Log driver for Fargate is not valid: awsfirelens
      /containerProperties/ephemeralStorage/sizeInGiB           | 201                            | Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200 GiB
      /containerProperties/resourceRequirements/0/value         | '0.3'                          | Fargate resource requirements (0.3 vCPU, 512 MiB) not valid.
      /containerProperties/resourceRequirements/1/value         | '513'                          | Fargate resource requirements (0.25 vCPU, 513 MiB) not valid.
      /containerProperties/resourceRequirements/2               | {'type':'GPU','value':'1'}     | GPU is not applicable for Fargate.
      /containerProperties/runtimePlatform/operatingSystemFamily | 'BEOS'                        | RuntimePlatform supports only one from [WINDOWS_SERVER_2019_CORE,
      /containerProperties/runtimePlatform/operatingSystemFamily | 'WINDOWS_SERVER_2022_CORE'    | Windows supported only by X86_64 cpuArchitecture
      /containerProperties/runtimePlatform                      | {'operatingSystemFamily':'WINDOWS_SERVER_2019_FULL'} | vCPU must be at least 1 for Windows Job definition, got 0.25.
      /containerProperties/fargatePlatformConfiguration/platformVersion | 'newest'               | platformVersion is newest; valid are LATEST and numbers
      /containerProperties/networkConfiguration/assignPublicIp  | 'YES'                          | containerProperties.networkConfiguration.assignPublicIp is YES; valid are [ENABLED, DISABLED].
      """)
  void a_wrong_member_of_a_fargate_definition(String pointer, String value, String message) {
    refusedWith(Definitions.FARGATE, pointer, value, message);
  }

  @Test
  void volumes_that_need_a_platform_or_a_role() {
    ObjectNode old = Definitions.json(Definitions.FARGATE);
    set(old, "/containerProperties/fargatePlatformConfiguration/platformVersion", "'1.3.0'");
    set(
        old,
        "/containerProperties/volumes",
        "[{'name':'v','efsVolumeConfiguration':{'fileSystemId':'fs-01234567'}}]");
    refused(
        "EFS is supported for Fargate platform version(s) 1.4.0 or later, provided 1.3.0",
        () -> JobDefinitionMembers.check(old, true));
    refused(
        "A jobRoleArn/taskRoleArn is required when using s3filesVolumeConfiguration.",
        () ->
            JobDefinitionMembers.check(
                small(
                    "{'image':'i','volumes':[{'name':'v',"
                        + "'s3filesVolumeConfiguration':{'fileSystemArn':'a'}}]}"),
                true));
    refused(
        "EFS IAM access point requires TransitEncryption to be enabled.",
        () ->
            JobDefinitionMembers.check(
                small(
                    "{'image':'i','volumes':[{'name':'v','efsVolumeConfiguration':{"
                        + "'fileSystemId':'fs-01234567','authorizationConfig':{'accessPointId':'a'}}}]}"),
                true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /eksProperties                                      | {}                     | Cannot use both ecsProperties and eksProperties
      /ecsProperties/taskProperties                       | []                     | ecsProperties.taskProperties has 0 elements; it should have exactly one.
      /ecsProperties/taskProperties/0/containers          | []                     | Number of containers must be between 1 and 10
      /ecsProperties/taskProperties/0/containers/0/essential | false               | At least one container must be set as essential
      /ecsProperties/taskProperties/0/containers/0/image  | ''                     | ECS Container Image must be provided.
      /ecsProperties/taskProperties/0/containers/1/name   | 'main'                 | Container name main is given twice.
      /ecsProperties/taskProperties/0/containers/1/name   | ''                     | ecsProperties.taskProperties[0].containers[1].name is
      /ecsProperties/taskProperties/0/containers/0/dependsOn/0/containerName | 'nope' | containerName nope must reference a defined container.
      /ecsProperties/taskProperties/0/containers/0/dependsOn/0/condition | 'HEALTHY' | TaskContainer dependency HEALTHY is not valid. Valid values are: [START, COMPLETE, SUCCESS]
      /ecsProperties/taskProperties/0/containers/1/essential | true                | The container target of a dependency can not have condition SUCCESS if the target is essential
      /ecsProperties/taskProperties/0/containers/1/dependsOn | [{'containerName':'main','condition':'START'}] | The containers [main, setup] wait for each other.
      /ecsProperties/taskProperties/0/ipcMode             | 'shared'               | ipcMode shared is not valid. Valid values are: [host, task, none]
      /ecsProperties/taskProperties/0/pidMode             | 'none'                 | Capability none is not valid. Valid capabilities: [host, task]
      /ecsProperties/taskProperties/0/executionRoleArn    | ''                     | executionRoleArn cannot be empty when using secrets or secretOptions
      /ecsProperties/taskProperties/0/platformVersion     | '1.4.0'                | platformVersion not applicable for EC2.
      /ecsProperties/taskProperties/0/containers/0/stopTimeout | 1                 | ecsProperties.taskProperties[0].containers[0].stopTimeout is 1; it should be between 2 and
      /ecsProperties/taskProperties/0/containers/1/resourceRequirements | []       | vCPU is not provided.
      /ecsProperties/taskProperties/0/containers/2/firelensConfiguration/type | 'logstash' | ecsProperties.taskProperties[0].containers[2].firelensConfiguration.type is logstash; valid are [fluentd, fluentbit].
      """)
  void a_wrong_member_of_a_task(String pointer, String value, String message) {
    refusedWith(Definitions.ECS, pointer, value, message);
  }

  @Test
  void rules_over_all_containers_of_a_task() {
    ObjectNode single = Definitions.json(Definitions.ECS);
    ArrayNode containers = (ArrayNode) single.at("/ecsProperties/taskProperties/0/containers");
    containers.remove(2);
    containers.remove(1);
    refused(
        "Container dependency can not be used in a single-container job.",
        () -> JobDefinitionMembers.check(single, true));
    ObjectNode noRoot = Definitions.json(Definitions.ECS);
    IntStream.range(0, 3)
        .forEach(
            i -> set(noRoot, "/ecsProperties/taskProperties/0/containers/" + i + "/user", "'me'"));
    refused(
        "When a firelensConfiguration object is specified, at least one container has to run as"
            + " root",
        () -> JobDefinitionMembers.check(noRoot, true));
    ObjectNode managed = Definitions.json(Definitions.ECS);
    set(managed, "/platformCapabilities", "['MANAGED_INSTANCES']");
    assertThat(JobDefinitionMembers.check(managed, true).detail().get("platformCapabilities"))
        .hasSize(1);
    set(
        managed,
        "/ecsProperties/taskProperties/0/runtimePlatform",
        "{'operatingSystemFamily':'WINDOWS_SERVER_2019_CORE'}");
    refused(
        "runtimePlatform for MANAGED_INSTANCES only supports LINUX operating system family.",
        () -> JobDefinitionMembers.check(managed, true));
    ObjectNode fargate =
        Definitions.json(
            """
            {'jobDefinitionName':'f','type':'container','platformCapabilities':['FARGATE'],
             'ecsProperties':{'taskProperties':[{'executionRoleArn':'r','containers':[
               {'name':'a','image':'i','logConfiguration':{'logDriver':'awsfirelens'},
                'resourceRequirements':[{'type':'VCPU','value':'0.2'},{'type':'MEMORY','value':'400'}]},
               {'name':'b','image':'i',
                'resourceRequirements':[{'type':'VCPU','value':'0.05'},{'type':'MEMORY','value':'112'}]}
               ]}]}}
            """);
    assertThat(JobDefinitionMembers.check(fargate, true).fargate()).isTrue();
    set(
        fargate,
        "/ecsProperties/taskProperties/0/containers/1/resourceRequirements/1/value",
        "'113'");
    refused(
        "Fargate resource requirements (0.25 vCPU, 513 MiB) not valid.",
        () -> JobDefinitionMembers.check(fargate, true));
    set(fargate, "/ecsProperties/taskProperties/0/containers/1/startTimeout", "121");
    refused(
        "ecsProperties.taskProperties[0].containers[1].startTimeout is 121; it should be between 2"
            + " and 120.",
        () -> JobDefinitionMembers.check(fargate, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /platformCapabilities                                    | ['EC2']            | platformCapabilities is not applicable for EKS.
      /propagateTags                                           | true               | propagateTags is not applicable for EKS.
      /eksProperties                                           | {}                 | eksProperties.podProperties is required.
      /eksProperties/podProperties/containers                  | []                 | Number of containers must be between 1 and 10
      /eksProperties/podProperties/containers/0/image          | ''                 | eksProperties.podProperties.containers[0].image is required.
      /eksProperties/podProperties/containers/0/imagePullPolicy | 'Often'           | eksProperties.podProperties.containers[0].imagePullPolicy is Often; valid are [Always, IfNotPresent, Never].
      /eksProperties/podProperties/dnsPolicy                   | 'None'             | eksProperties.podProperties.dnsPolicy is None; valid are [Default, ClusterFirst, ClusterFirstWithHostNet].
      /eksProperties/podProperties/initContainers/0/name       | 'main'             | Container name main is given twice.
      /eksProperties/podProperties/metadata/namespace          | 'default'          | namespace cannot be the default Kubernetes namespace
      /eksProperties/podProperties/metadata/namespace          | 'kube-system'      | namespace cannot be a reserved Kubernetes system namespace
      /eksProperties/podProperties/metadata/namespace          | '-a'               | namespace must be a valid Kubernetes namespace.
      /eksProperties/podProperties/volumes/0/hostPath          | {'path':'/'}       | eksProperties.podProperties.volumes[0].name should have exactly one of [hostPath, emptyDir, secret, persistentVolumeClaim].
      /eksProperties/podProperties/containers/0/volumeMounts/0/name | 'nope'        | eksProperties.podProperties.containers[0].volumeMounts[0].name is nope, which is no volume of this job definition.
      /eksProperties/podProperties/containers/0/resources/limits/cpu | '1'          | cpu is 1 in limits and 1.5 in requests; the limit should not be smaller.
      /eksProperties/podProperties/containers/0/resources/limits/cpu | '1.6'        | cpu is 1.6; it should be a multiple of 0.25.
      /eksProperties/podProperties/containers/0/resources/limits/memory | '1Gi'     | memory is 1Gi; it should be whole with the suffix Mi.
      /eksProperties/podProperties/containers/0/resources/limits/memory | '1Mi'     | memory is 1Mi in limits and 512Mi in requests; they should be equal.
      /eksProperties/podProperties/containers/0/resources/limits/disk | '1'         | eksProperties.podProperties.containers[0].resources.limits has disk; valid are [cpu, memory, nvidia.com/gpu].
      /eksProperties/podProperties/containers/0/env/0/name     | 'AWS_BATCH_X'      | Environment variable AWS_BATCH_X begins with AWS_BATCH, which is reserved.
      """)
  void a_wrong_member_of_a_pod(String pointer, String value, String message) {
    refusedWith(Definitions.EKS, pointer, value, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      /nodeProperties                                        | null                 | Node properties of multinode job is required.
      /containerProperties                                   | {'image':'i'}        | containerProperties is not applicable for multinode jobs; node ranges hold the containers.
      /platformCapabilities                                  | ['FARGATE']          | Fargate does not support MNP jobs
      /platformCapabilities                                  | ['MANAGED_INSTANCES'] | MANAGED_INSTANCES does not support MNP jobs
      /nodeProperties/numNodes                               | 0                    | Number of nodes must be between 1 and 1000.
      /nodeProperties/numNodes                               | 1001                 | Number of nodes must be between 1 and 1000.
      /nodeProperties/mainNode                               | 4                    | mainNode is 4; it should be between 0 and 3.
      /nodeProperties/nodeRangeProperties                    | []                   | Node Range Properties target nodes have missing ranges
      /nodeProperties/nodeRangeProperties/0/targetNodes      | '0:2'                | targetNodes 0:2 and 2:3 overlap; one range may only lie within another.
      /nodeProperties/nodeRangeProperties/0/targetNodes      | '0'                  | Node Range Properties target nodes have missing ranges
      /nodeProperties/nodeRangeProperties/0/targetNodes      | 'a:b'                | targetNodes should contain only digits.
      /nodeProperties/nodeRangeProperties/0/targetNodes      | '3:1'                | targetNodes 3:1 ends before it begins.
      /nodeProperties/nodeRangeProperties/0/container        | null                 | Must specify container for node range 0:
      /nodeProperties/nodeRangeProperties/0/ecsProperties    | {'taskProperties':[]} | NodeRangeProperties can not use both ecsProperties and container fields
      /nodeProperties/nodeRangeProperties/0/eksProperties    | {}                   | NodeRangeProperties can not use both eksProperties and container fields
      /nodeProperties/nodeRangeProperties/0/instanceTypes    | ['c5.large']         | Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.
      /nodeProperties/nodeRangeProperties/1/container/instanceType | 'm5.large'     | All node groups must use the same instance type.
      /nodeProperties/nodeRangeProperties/0/container/vcpus  | null                 | vCPU is not provided.
      /nodeProperties/nodeRangeProperties/1/consumableResourceProperties/consumableResourceList/0/quantity | 0 | nodeProperties.nodeRangeProperties[1].consumableResourceProperties.consumableResourceList[0].quantity is 0
      """)
  void a_wrong_member_of_a_multi_node_definition(String pointer, String value, String message) {
    refusedWith(Definitions.NODES, pointer, value, message);
  }

  @Test
  void lists_that_are_too_long() {
    ObjectNode consumables = Definitions.json(Definitions.CONTAINER);
    ArrayNode list =
        (ArrayNode) consumables.at("/consumableResourceProperties/consumableResourceList");
    IntStream.range(0, 4)
        .forEach(i -> list.addObject().put("consumableResource", "c" + i).put("quantity", 1));
    refused(
        "Each ConsumableResourceProperty can have at most 5 consumableResources",
        () -> JobDefinitionMembers.check(consumables, true));
    ObjectNode ranges = Definitions.json(Definitions.NODES);
    ArrayNode nodes = (ArrayNode) ranges.at("/nodeProperties/nodeRangeProperties");
    IntStream.range(0, 4).forEach(_ -> nodes.add(nodes.get(0).deepCopy()));
    refused(
        "Maximum allowed size of node range properties is 5",
        () -> JobDefinitionMembers.check(ranges, true));
    ObjectNode large = Definitions.json(Definitions.CONTAINER);
    ((ObjectNode) large.get("parameters")).put("large", "x".repeat(24 * 1024));
    refused("The job definition has ", () -> JobDefinitionMembers.check(large, true));
    ObjectNode tags = Definitions.json(Definitions.CONTAINER);
    IntStream.range(0, 50).forEach(i -> ((ObjectNode) tags.get("tags")).put("t" + i, ""));
    refused(
        "tags has 51 entries; the maximum is 50.", () -> JobDefinitionMembers.check(tags, true));
  }

  @Test
  void privileged_is_the_servers_decision_wherever_it_is_asked_for() {
    ObjectNode task = Definitions.json(Definitions.ECS);
    set(task, "/ecsProperties/taskProperties/0/containers/0/privileged", "true");
    ObjectNode pod = Definitions.json(Definitions.EKS);
    set(pod, "/eksProperties/podProperties/containers/0/securityContext/privileged", "true");
    ObjectNode nodes = Definitions.json(Definitions.NODES);
    set(nodes, "/nodeProperties/nodeRangeProperties/0/container/privileged", "true");
    for (ObjectNode request : List.of(Definitions.json(Definitions.CONTAINER), task, pod, nodes)) {
      JobDefinitionMembers.check(request, true);
      Refusals.refusedWithin(
          "privileged is true, but this server does not allow privileged containers",
          () -> JobDefinitionMembers.check(request, false));
    }
  }

  private static void refusedWith(String text, String pointer, String value, String message) {
    ObjectNode request = Definitions.json(text);
    set(request, pointer, value);
    refused(message, () -> JobDefinitionMembers.check(request, true));
  }

  static void set(ObjectNode request, String pointer, String value) {
    int slash = pointer.lastIndexOf('/');
    String parent = pointer.substring(0, slash);
    String last = pointer.substring(slash + 1);
    JsonNode holder = request.at(parent);
    JsonNode parsed = Refusals.json("{'v':" + value + "}").get("v");
    if (holder instanceof ArrayNode array) {
      int index = Integer.parseInt(last);
      if (index < array.size()) {
        array.set(index, parsed);
      } else {
        array.add(parsed);
      }
    } else {
      ((ObjectNode) holder).set(last, parsed);
    }
  }
}
