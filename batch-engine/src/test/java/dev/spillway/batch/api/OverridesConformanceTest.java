package dev.spillway.batch.api;

import static dev.spillway.batch.api.wire.Refusals.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.ComputeEnvironmentMembersTest;
import dev.spillway.batch.api.wire.Definitions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.services.batch.model.ContainerDetail;
import software.amazon.awssdk.services.batch.model.CreateComputeEnvironmentRequest;
import software.amazon.awssdk.services.batch.model.EcsPropertiesDetail;
import software.amazon.awssdk.services.batch.model.EksContainerDetail;
import software.amazon.awssdk.services.batch.model.EksPodPropertiesDetail;
import software.amazon.awssdk.services.batch.model.JobDefinition;
import software.amazon.awssdk.services.batch.model.JobDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.NodeProperties;
import software.amazon.awssdk.services.batch.model.NodeRangeProperty;
import software.amazon.awssdk.services.batch.model.RegisterJobDefinitionRequest;
import software.amazon.awssdk.services.batch.model.ResourceType;
import software.amazon.awssdk.services.batch.model.SubmitJobRequest;
import software.amazon.awssdk.services.batch.model.TaskContainerDetails;

/**
 * SubmitJob's overrides, of every kind of job, as DescribeJobs answers them merged into the
 * definition.
 */
@SuppressWarnings({"unchecked", "deprecation"}) // the SDK's varargs of builders; old members
class OverridesConformanceTest extends ConformanceServer {

  @BeforeAll
  static void environments() {
    ObjectNode eks = Definitions.json(ComputeEnvironmentMembersTest.EKS);
    batch.createComputeEnvironment(
        SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), eks)
            .computeEnvironmentName("eks")
            .build());
    queue("eks", "eks");
    batch.createConsumableResource(c -> c.consumableResourceName("licence").totalQuantity(10L));
    batch.createConsumableResource(c -> c.consumableResourceName("tape").totalQuantity(10L));
  }

  private static String registered(String text) {
    return batch
        .registerJobDefinition(
            SdkPojos.fill(RegisterJobDefinitionRequest.builder(), json(text)).build())
        .jobDefinitionArn();
  }

  private static JobDetail submitted(String definition, String queue, String overrides) {
    var request =
        SdkPojos.fill(SubmitJobRequest.builder(), json(overrides))
            .jobName("demo")
            .jobQueue(queue)
            .jobDefinition(definition);
    return job(batch.submitJob(request.build()).jobId());
  }

  private static <T extends SdkPojo> T filled(T builder, String text) {
    return SdkPojos.fill(builder, json(text));
  }

  @Test
  void old_sizes_and_the_instance_type_of_a_container() {
    String definition =
        registered(
            """
            {'jobDefinitionName':'old','type':'container','containerProperties':{'image':'busybox',
             'vcpus':1,'memory':64,'instanceType':'m6i.large','command':['hang']}}
            """);
    ContainerDetail container =
        submitted(
                definition,
                "prod",
                """
                {'containerOverrides':{'vcpus':2,'memory':128,'instanceType':'m6i.xlarge'},
                 'propagateTags':true}
                """)
            .container();
    assertThat(container.vcpus()).isEqualTo(2);
    assertThat(container.memory()).isEqualTo(128);
    assertThat(container.instanceType()).isEqualTo("m6i.xlarge");
  }

  @Test
  void containers_of_a_task_by_their_names() {
    JobDetail job =
        submitted(
            registered(Definitions.ECS),
            "prod",
            """
            {'ecsPropertiesOverride':{'taskProperties':[{'containers':[
              {'name':'main','command':['other','Ref::who'],
               'environment':[{'name':'A','value':'2'},{'name':'C','value':'3'}],
               'resourceRequirements':[{'type':'MEMORY','value':'1024'}]},
              {'name':'log','environment':[{'name':'L','value':'1'}]}]}]},'propagateTags':true}
            """);
    assertThat(job.propagateTags()).isTrue();
    EcsPropertiesDetail ecs = job.ecsProperties();
    TaskContainerDetails main = ecs.taskProperties().getFirst().containers().getFirst();
    assertThat(main.command()).containsExactly("other", "world");
    assertThat(main.environment())
        .containsExactlyInAnyOrder(variable("A", "2"), variable("C", "3"));
    assertThat(main.resourceRequirements())
        .containsExactlyInAnyOrder(
            requirement(ResourceType.VCPU, "2"), requirement(ResourceType.MEMORY, "1024"));
    TaskContainerDetails log = ecs.taskProperties().getFirst().containers().get(2);
    assertThat(log.environment()).containsExactly(variable("L", "1"));
    assertThat(log.image()).isEqualTo("fluentbit");
  }

  @Test
  void a_pod_and_its_containers() {
    String override =
        """
        {'eksPropertiesOverride':{'podProperties':{'metadata':{'labels':{'l':'2'}},
          'containers':[{'name':'main','image':'other','command':['bash'],'args':['-c','false'],
            'env':[{'name':'B','value':'2'}],
            'resources':{'limits':{'cpu':'3','memory':'1024Mi'},'requests':{'cpu':'3','memory':'1024Mi'}}}],
          'initContainers':[{'name':'init','image':'newer'}]}}}
        """;
    EksPodPropertiesDetail pod =
        submitted(registered(Definitions.EKS), "eks", override).eksProperties().podProperties();
    EksContainerDetail main = pod.containers().getFirst();
    assertThat(main.image()).isEqualTo("other");
    assertThat(main.command()).containsExactly("bash");
    assertThat(main.args()).containsExactly("-c", "false");
    assertThat(main.env())
        .extracting(v -> v.name() + "=" + v.value())
        .containsExactlyInAnyOrder("A=1", "B=2");
    assertThat(main.resources().limits())
        .containsEntry("cpu", "3")
        .containsEntry("memory", "1024Mi");
    assertThat(pod.initContainers().getFirst().image()).isEqualTo("newer");
    assertThat(pod.metadata().labels()).containsEntry("l", "2");
    assertThat(pod.serviceAccountName()).isEqualTo("sa");
  }

  @Test
  void nodes_by_their_ranges() {
    String override =
        """
        {'nodeOverrides':{'numNodes':6,'nodePropertyOverrides':[
          {'targetNodes':'0:','containerOverrides':{'command':['Ref::who','too'],
             'instanceType':'c5.large','environment':[{'name':'A','value':'1'}]}},
          {'targetNodes':'2:3','containerOverrides':{'instanceType':'c5.large'},
           'consumableResourcePropertiesOverride':{'consumableResourceList':[
             {'consumableResource':'tape','quantity':1}]}}]}}
        """;
    NodeProperties nodes =
        submitted(registered(Definitions.NODES), "prod", override).nodeProperties();
    assertThat(nodes.numNodes()).isEqualTo(6);
    NodeRangeProperty all = nodes.nodeRangeProperties().getFirst();
    assertThat(all.container().command()).containsExactly("world", "too");
    assertThat(all.container().environment()).containsExactly(variable("A", "1"));
    assertThat(
            nodes
                .nodeRangeProperties()
                .get(1)
                .consumableResourceProperties()
                .consumableResourceList())
        .extracting(c -> c.consumableResource())
        .containsExactly("tape");
  }

  @Test
  void nodes_of_tasks_and_of_pods() {
    String tasks =
        registered(
            """
            {'jobDefinitionName':'mnp-ecs','type':'multinode','nodeProperties':{'numNodes':2,'mainNode':0,
             'nodeRangeProperties':[{'targetNodes':'0:','instanceTypes':['c5.large'],
               'ecsProperties':{'taskProperties':[{'containers':[{'name':'main','image':'busybox',
                 'resourceRequirements':[{'type':'VCPU','value':'1'},{'type':'MEMORY','value':'64'}]}]}]}}]}}
            """);
    NodeRangeProperty range =
        submitted(
                tasks,
                "prod",
                """
                {'nodeOverrides':{'nodePropertyOverrides':[{'targetNodes':'0:',
                  'instanceTypes':['c5.xlarge'],
                  'ecsPropertiesOverride':{'taskProperties':[{'containers':[
                    {'name':'main','command':['go']}]}]}}]}}
                """)
            .nodeProperties()
            .nodeRangeProperties()
            .getFirst();
    assertThat(range.instanceTypes()).containsExactly("c5.xlarge");
    assertThat(range.ecsProperties().taskProperties().getFirst().containers().getFirst().command())
        .containsExactly("go");
    String pods =
        registered(
            """
            {'jobDefinitionName':'mnp-eks','type':'multinode','nodeProperties':{'numNodes':2,'mainNode':0,
             'nodeRangeProperties':[{'targetNodes':'0:','instanceTypes':['c5.large'],
               'eksProperties':{'podProperties':{'containers':[{'name':'main','image':'busybox',
                 'resources':{'limits':{'cpu':'1','memory':'64Mi'}}}]}}}]}}
            """);
    assertThat(
            submitted(
                    pods,
                    "eks",
                    """
                    {'nodeOverrides':{'nodePropertyOverrides':[{'targetNodes':'0:',
                      'eksPropertiesOverride':{'podProperties':{'containers':[
                        {'name':'main','args':['go']}]}}}]}}
                    """)
                .nodeProperties()
                .nodeRangeProperties()
                .getFirst()
                .eksProperties()
                .podProperties()
                .containers()
                .getFirst()
                .args())
        .containsExactly("go");
  }

  @Test
  void nodes_are_refused_where_no_environment_may_run_them() {
    ObjectNode spot = json(ComputeEnvironmentMembersTest.SPOT);
    batch.createComputeEnvironment(
        SdkPojos.fill(CreateComputeEnvironmentRequest.builder(), spot)
            .computeEnvironmentName("spot")
            .build());
    queue("spot", "spot");
    refused(
        "Multi-node parallel jobs run on managed EC2 compute environments only, and job queue spot"
            + " has none",
        () -> submitted(registered(Definitions.NODES), "spot", "{}"));
  }

  @Test
  void a_task_for_fargate_is_kept_as_it_was_defined() {
    String text =
        """
        {'jobDefinitionName':'ecs-far','type':'container','platformCapabilities':['FARGATE'],
         'retryStrategy':{'attempts':2,'evaluateOnExit':[
           {'onStatusReason':'Task failed*','action':'retry'}]},
         'ecsProperties':{'taskProperties':[{'executionRoleArn':'arn:aws:iam::123456789012:role/agent',
           'ephemeralStorage':{'sizeInGiB':30},'networkConfiguration':{'assignPublicIp':'ENABLED'},
           'platformVersion':'1.4.0','runtimePlatform':{'operatingSystemFamily':'LINUX','cpuArchitecture':'X86_64'},
           'containers':[{'name':'main','image':'busybox',
             'resourceRequirements':[{'type':'VCPU','value':'0.25'},{'type':'MEMORY','value':'512'}]}]}]}}
        """;
    String arn = registered(text);
    JobDefinition kept =
        batch.describeJobDefinitions(d -> d.jobDefinitions(arn)).jobDefinitions().getFirst();
    assertThat(kept.retryStrategy())
        .isEqualTo(filled(RegisterJobDefinitionRequest.builder(), text).build().retryStrategy());
    var task = kept.ecsProperties().taskProperties().getFirst();
    batch.createComputeEnvironment(
        SdkPojos.fill(
                CreateComputeEnvironmentRequest.builder(),
                json(ComputeEnvironmentMembersTest.FARGATE))
            .computeEnvironmentName("far")
            .build());
    queue("far", "far");
    var detail = submitted(arn, "far", "{}").ecsProperties().taskProperties().getFirst();
    assertThat(detail.ephemeralStorage()).isEqualTo(task.ephemeralStorage());
    assertThat(detail.networkConfiguration()).isEqualTo(task.networkConfiguration());
    assertThat(detail.platformVersion()).isEqualTo("1.4.0").isEqualTo(task.platformVersion());
    assertThat(detail.runtimePlatform()).isEqualTo(task.runtimePlatform());
    assertThat(task.ephemeralStorage().sizeInGiB()).isEqualTo(30);
    assertThat(task.runtimePlatform().cpuArchitecture()).isEqualTo("X86_64");
    assertThat(task.networkConfiguration().assignPublicIpAsString()).isEqualTo("ENABLED");
  }

  @Test
  void the_consumable_resources_jobs_tell_their_share_and_why_they_wait_or_ended() {
    batch.createSchedulingPolicy(
        p ->
            p.name("shares")
                .fairsharePolicy(f -> f.shareDistribution(s -> s.shareIdentifier("A"))));
    String policy = batch.listSchedulingPolicies(l -> {}).schedulingPolicies().getFirst().arn();
    batch.createJobQueue(
        q ->
            q.jobQueueName("fair")
                .priority(1)
                .schedulingPolicyArn(policy)
                .computeEnvironmentOrder(o -> o.order(1).computeEnvironment("ce")));
    String definition = define("fail", "CannotPullContainerError: no such image");
    String id =
        submit(
                definition,
                s ->
                    s.jobQueue("fair")
                        .shareIdentifier("A")
                        .consumableResourcePropertiesOverride(
                            c ->
                                c.consumableResourceList(
                                    n -> n.consumableResource("licence").quantity(1L))))
            .jobId();
    JobDetail ended = ended(id);
    assertThat(ended.status()).isEqualTo(JobStatus.FAILED);
    var listed =
        batch.listJobsByConsumableResource(l -> l.consumableResource("licence")).jobs().stream()
            .filter(j -> j.jobArn().endsWith(id))
            .findFirst()
            .orElseThrow();
    assertThat(listed.shareIdentifier()).isEqualTo("A");
    assertThat(listed.statusReason()).isEqualTo(ended.statusReason()).isNotEmpty();
    var summary =
        batch.listJobs(l -> l.jobQueue("fair").jobStatus(JobStatus.FAILED)).jobSummaryList();
    assertThat(summary.getFirst().container().reason())
        .isEqualTo("CannotPullContainerError: no such image");
  }
}
