package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.Refusals.json;
import static dev.spillway.batch.api.wire.Refusals.refused;
import static dev.spillway.batch.api.wire.Refusals.refusedBare;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EffectiveJobTest {

  private static ObjectNode job(String definition, String request) {
    return EffectiveJob.of(Members.unchecked(json(request)), Definitions.registered(definition));
  }

  @ParameterizedTest
  @ValueSource(strings = {Definitions.CONTAINER, Definitions.ECS, Definitions.NODES})
  void a_request_that_says_nothing_gives_the_definition_with_its_parameters(String definition) {
    ObjectNode detail = job(definition, "{}");
    ObjectNode defined =
        JobDefinitionMembers.answer(Json.read(Definitions.registered(definition).detail()));
    assertThat(detail.toString()).doesNotContain("Ref::who").contains("\"world\"");
    String effective = detail.toString().replace("\"world\"", "\"Ref::who\"");
    ObjectNode again = Json.read(effective);
    if (defined.has("containerProperties")) {
      assertThat(again.get("container")).isEqualTo(defined.get("containerProperties"));
    }
    for (String member :
        List.of(
            "ecsProperties",
            "nodeProperties",
            "timeout",
            "schedulingPriority",
            "consumableResourceProperties",
            "platformCapabilities",
            "propagateTags")) {
      assertThat(again.get(member)).as(member).isEqualTo(defined.get(member));
    }
    assertThat(detail.get("dependsOn")).isEmpty();
    assertThat(detail.get("tags")).as("a definition's tags are not its jobs'").isEmpty();
    assertThat(detail.get("retryStrategy").has("evaluateOnExit")).isTrue();
  }

  @Test
  void a_pod_is_answered_exactly_as_it_was_defined() {
    assertThat(job(Definitions.EKS, "{}").get("eksProperties"))
        .isEqualTo(json(Definitions.EKS).get("eksProperties"));
  }

  @Test
  void a_jobs_own_settings_replace_the_definitions() {
    ObjectNode detail =
        job(
            Definitions.CONTAINER,
            """
            {'jobName':'j','parameters':{'who':'moon','more':'1'},'propagateTags':false,
             'tags':{'a':'b'},'shareIdentifier':'red*','schedulingPriorityOverride':9,
             'timeout':{'attemptDurationSeconds':90},'retryStrategy':{'attempts':3},
             'dependsOn':[{'jobId':'x','type':'SEQUENTIAL'}],
             'consumableResourcePropertiesOverride':{'consumableResourceList':[
               {'consumableResource':'other','quantity':5}]}}
            """);
    assertThat(detail.get("parameters")).isEqualTo(json("{'who':'moon','more':'1'}"));
    assertThat(detail.at("/container/command").toString()).isEqualTo("[\"echo\",\"moon\"]");
    assertThat(detail.get("propagateTags").booleanValue()).isFalse();
    assertThat(detail.get("tags")).isEqualTo(json("{'a':'b'}"));
    assertThat(detail.get("shareIdentifier").textValue()).isEqualTo("red*");
    assertThat(detail.get("schedulingPriority").intValue()).isEqualTo(9);
    assertThat(detail.get("timeout")).isEqualTo(json("{'attemptDurationSeconds':90}"));
    assertThat(detail.get("retryStrategy")).isEqualTo(json("{'attempts':3,'evaluateOnExit':[]}"));
    assertThat(detail.get("dependsOn").get(0)).isEqualTo(json("{'jobId':'x','type':'SEQUENTIAL'}"));
    assertThat(EffectiveJob.needs(detail).consumables())
        .containsExactly(new EffectiveJob.Consumable("other", 5));
  }

  @Test
  void a_timeout_without_a_time_says_nothing() {
    assertThat(job(Definitions.CONTAINER, "{'timeout':{}}").get("timeout"))
        .isEqualTo(json("{'attemptDurationSeconds':60}"));
    assertThat(
            job(
                    Definitions.ECS.replace(
                        "'type':'container'", "'timeout':{},'type':'container'"),
                    "{}")
                .has("timeout"))
        .isFalse();
  }

  @Test
  void container_overrides_are_merged_by_name_and_type() {
    ObjectNode container =
        (ObjectNode)
            job(
                    Definitions.CONTAINER,
                    """
                    {'containerOverrides':{'command':['x','Ref::who'],'instanceType':'m6i.xlarge',
                     'environment':[{'name':'B','value':'2'},{'name':'C','value':'3'}],
                     'resourceRequirements':[{'type':'VCPU','value':'4'}]}}
                    """)
                .get("container");
    assertThat(container.get("command").toString()).isEqualTo("[\"x\",\"world\"]");
    assertThat(container.get("instanceType").textValue()).isEqualTo("m6i.xlarge");
    assertThat(container.get("environment"))
        .isEqualTo(
            json("{'v':[{'name':'A','value':'1'},{'name':'B','value':'2'},{'name':'C','value':'3'}]}")
                .get("v"));
    assertThat(container.get("resourceRequirements"))
        .isEqualTo(
            json("{'v':[{'type':'VCPU','value':'4'},{'type':'MEMORY','value':'512'},{'type':'GPU','value':'1'}]}")
                .get("v"));
  }

  @Test
  void a_tasks_containers_are_overridden_by_name() {
    ObjectNode detail =
        job(
            Definitions.ECS,
            """
            {'ecsPropertiesOverride':{'taskProperties':[{'containers':[
              {'name':'setup','command':['init','Ref::who'],
               'environment':[{'name':'N','value':'1'}],
               'resourceRequirements':[{'type':'MEMORY','value':'128'}]}]}]}}
            """);
    assertThat(detail.get("container")).as("empty for jobs of several containers").isEmpty();
    var setup = detail.at("/ecsProperties/taskProperties/0/containers/1");
    assertThat(setup.get("command").toString()).isEqualTo("[\"init\",\"world\"]");
    assertThat(setup.at("/environment/0/name").textValue()).isEqualTo("N");
    assertThat(EffectiveJob.needs(detail))
        .isEqualTo(new EffectiveJob.Needs(4000, 512 + 128 + 64, 0, 1, List.of()));
  }

  @Test
  void a_pods_containers_are_overridden_by_name_and_its_maps_by_key() {
    ObjectNode detail =
        job(
            Definitions.EKS,
            """
            {'eksPropertiesOverride':{'podProperties':{
              'metadata':{'labels':{'m':'2'},'namespace':'other'},
              'initContainers':[{'name':'init','args':['x']}],
              'containers':[{'name':'main','image':'other','command':['c'],'args':['d'],
                'env':[{'name':'B','value':'2'}],
                'resources':{'limits':{'cpu':'4'},'requests':{'cpu':'3'}}}]}}}
            """);
    assertThat(detail.at("/eksProperties/podProperties/metadata"))
        .isEqualTo(
            json("{'labels':{'l':'1','m':'2'},'annotations':{'a':'1'},'namespace':'other'}"));
    var main = detail.at("/eksProperties/podProperties/containers/0");
    assertThat(main.get("image").textValue()).isEqualTo("other");
    assertThat(main.get("resources"))
        .isEqualTo(
            json(
                "{'limits':{'cpu':'4','memory':'512Mi','nvidia.com/gpu':'1'},"
                    + "'requests':{'cpu':'3','memory':'512Mi'}}"));
    assertThat(main.get("env")).hasSize(2);
    assertThat(EffectiveJob.needs(detail))
        .isEqualTo(new EffectiveJob.Needs(3000, 512, 1, 1, List.of()));
  }

  @Test
  void nodes_are_overridden_by_range() {
    ObjectNode detail =
        job(
            Definitions.NODES,
            """
            {'nodeOverrides':{'numNodes':6,'nodePropertyOverrides':[
              {'targetNodes':'2:3','containerOverrides':{'command':['y-Ref::who'],
                'resourceRequirements':[{'type':'VCPU','value':'8'},{'type':'MEMORY','value':'64'}]},
               'consumableResourcePropertiesOverride':{'consumableResourceList':[
                 {'consumableResource':'tape','quantity':3}]}}]}}
            """);
    assertThat(detail.has("container")).isFalse();
    assertThat(detail.at("/nodeProperties/numNodes").intValue()).isEqualTo(6);
    assertThat(detail.at("/nodeProperties/nodeRangeProperties/1/container/command/0").textValue())
        .isEqualTo("y-world");
    assertThat(EffectiveJob.needs(detail))
        .as("the most that a node asks for, consumables of all nodes")
        .isEqualTo(
            new EffectiveJob.Needs(
                8000, 128, 0, 6, List.of(new EffectiveJob.Consumable("tape", 6))));
  }

  @Test
  void nodes_of_tasks_and_of_pods_are_overridden_like_single_ones() {
    ObjectNode tasks = json(Definitions.NODES);
    ((ObjectNode) tasks.at("/nodeProperties"))
        .putArray("nodeRangeProperties")
        .addObject()
        .put("targetNodes", ":")
        .set("ecsProperties", json(Definitions.ECS).get("ecsProperties"));
    ObjectNode task =
        EffectiveJob.of(
            Members.unchecked(
                json(
                    """
                    {'nodeOverrides':{'nodePropertyOverrides':[{'targetNodes':'0:',
                     'instanceTypes':['m6i.large'],
                     'ecsPropertiesOverride':{'taskProperties':[{'containers':[
                       {'name':'main','command':['Ref::who']}]}]}}]}}
                    """)),
            Definitions.registered(tasks));
    assertThat(
            task.at(
                "/nodeProperties/nodeRangeProperties/0/ecsProperties/taskProperties/0/containers/0/command/0"))
        .hasToString("\"world\"");
    assertThat(task.at("/nodeProperties/nodeRangeProperties/0/instanceTypes/0").textValue())
        .isEqualTo("m6i.large");
    assertThat(EffectiveJob.needs(task).memoryMib()).isEqualTo(640);

    ObjectNode pods = json(Definitions.NODES);
    ((ObjectNode) pods.at("/nodeProperties"))
        .putArray("nodeRangeProperties")
        .addObject()
        .put("targetNodes", ":")
        .set("eksProperties", json(Definitions.EKS).get("eksProperties"));
    String override =
        "{'nodeOverrides':{'nodePropertyOverrides':[{'targetNodes':'0:','eksPropertiesOverride':"
            + "{'podProperties':{'metadata':{'namespace':'NAME'}}}}]}}";
    assertThat(
            EffectiveJob.of(
                    Members.unchecked(json(override.replace("NAME", "mine"))),
                    Definitions.registered(pods))
                .at(
                    "/nodeProperties/nodeRangeProperties/0/eksProperties/podProperties/metadata/namespace")
                .textValue())
        .isEqualTo("mine");
    refused(
        "namespace cannot be the default Kubernetes namespace",
        () ->
            EffectiveJob.of(
                Members.unchecked(json(override.replace("NAME", "default"))),
                Definitions.registered(pods)));
  }

  @Test
  void what_a_single_container_needs() {
    assertThat(EffectiveJob.needs(job(Definitions.CONTAINER, "{}")))
        .isEqualTo(
            new EffectiveJob.Needs(
                2000,
                512,
                1,
                1,
                List.of(
                    new EffectiveJob.Consumable("licence", 2),
                    new EffectiveJob.Consumable("tape", 1))));
    assertThat(EffectiveJob.needs(job(Definitions.FARGATE, "{}")).vcpuMillis()).isEqualTo(250);
  }

  @Test
  void fields_of_the_request_are_checked() {
    refused(
        "Scheduling priority must be between 0 and 9999.",
        () -> job(Definitions.CONTAINER, "{'schedulingPriorityOverride':-1}"));
    refused(
        "ShareIdentifier name should match a valid pattern.",
        () -> job(Definitions.CONTAINER, "{'shareIdentifier':'a b'}"));
    refused(
        "containerOverrides.command should not hold an empty string.",
        () -> job(Definitions.CONTAINER, "{'containerOverrides':{'command':['']}}"));
    refused(
        "Environment variable AWS_BATCH_X begins with AWS_BATCH, which is reserved.",
        () ->
            job(
                Definitions.CONTAINER,
                "{'containerOverrides':{'environment':[{'name':'AWS_BATCH_X','value':''}]}}"));
    refused(
        "propagateTags is not applicable for EKS.",
        () -> job(Definitions.EKS, "{'propagateTags':true}"));
    refused(
        "Fargate resource requirements (0.25 vCPU, 500 MiB) not valid.",
        () ->
            job(
                Definitions.FARGATE,
                "{'containerOverrides':{'resourceRequirements':[{'type':'MEMORY','value':'500'}]}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {'nodeOverrides':{'numNodes':2}}                         | nodeOverrides is given, but the job definition has no nodeProperties.
      {'ecsPropertiesOverride':{'taskProperties':[{}]}}        | ecsPropertiesOverride is given, but the job definition has no ecsProperties.
      {'eksPropertiesOverride':{'podProperties':{}}}           | eksPropertiesOverride is given, but the job definition has no eksProperties.
      {'containerOverrides':{'vcpus':2}}                       | This value was submitted in a deprecated key and may conflict with the value provided by the job definition's resource requirements.
      {'containerOverrides':{'memory':64}}                     | This value was submitted in a deprecated key and may conflict with the value provided by the job definition's resource requirements.
      {'containerOverrides':{'command':['Ref::nobody']}}       | Unable to substitute value. No parameter found for reference nobody
      """)
  void overrides_of_a_container_that_do_not_fit(String request, String message) {
    refusedBare(message, () -> job(Definitions.CONTAINER, request));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {'containerOverrides':{'command':['x']}}                                          | containerOverrides is given, but the job definition has no containerProperties.
      {'nodeOverrides':{'nodePropertyOverrides':[{'targetNodes':'0:0'}]}}               | NodeOverride targets should match job definition. Non matching targets - 0:0
      {'nodeOverrides':{'nodePropertyOverrides':[{'targetNodes':'0:','ecsPropertiesOverride':{'taskProperties':[{}]}}]}} | nodeOverrides.nodePropertyOverrides[0].ecsPropertiesOverride is given, but the node range 0: has no ecsProperties.
      """)
  void overrides_of_nodes_that_do_not_fit(String request, String message) {
    refusedBare(message, () -> job(Definitions.NODES, request));
  }

  @Test
  void the_number_of_nodes_changes_only_under_an_open_range() {
    String closed = Definitions.NODES.replace("'0:'", "'0:3'");
    refusedBare(
        "numNodes is 2; it can only be overridden when a node range of the job definition has no"
            + " upper end and begins below it.",
        () -> job(closed, "{'nodeOverrides':{'numNodes':2}}"));
    refused(
        "mainNode is 0; it should be between 0 and -1.",
        () ->
            NodeMembers.coverage(
                Members.unchecked(json("{'numNodes':0,'mainNode':0,'nodeRangeProperties':[]}"))));
    refused(
        "Number of nodes must be between 1 and 1000.",
        () -> job(Definitions.NODES, "{'nodeOverrides':{'numNodes':0}}"));
  }

  @Test
  void a_container_that_is_not_there_cannot_be_overridden() {
    refusedBare(
        "ecsPropertiesOverride.taskProperties[0].containers[0].name is nope, which is no container"
            + " of the job definition.",
        () ->
            job(
                Definitions.ECS,
                "{'ecsPropertiesOverride':{'taskProperties':[{'containers':[{'name':'nope'}]}]}}"));
    refusedBare(
        "Container Overrides length must be at most 8192",
        () ->
            job(
                Definitions.CONTAINER,
                "{'containerOverrides':{'command':['" + "x".repeat(8192) + "']}}"));
    refusedBare(
        "vcpus is not applicable for Fargate. Use resource requirements instead.",
        () -> job(Definitions.FARGATE, "{'containerOverrides':{'vcpus':1}}"));
  }
}
