package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.Refusals.json;
import static dev.spillway.batch.api.wire.Refusals.refused;
import static dev.spillway.batch.api.wire.Refusals.refusedBare;
import static dev.spillway.batch.testkit.Fixtures.ARNS;
import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.jobqueue.JobQueue;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobQueueMembersTest {
  private static final String LIMIT =
      "{'reason':'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY','state':'RUNNABLE',"
          + "'maxTimeSeconds':600,'action':'CANCEL'}";

  private static Members read(String request) {
    return JobQueueMembers.read("CreateJobQueue", json(request));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      CANCEL    | TERMINATE                               | Invalid job action. Valid job actions: [CANCEL]
      600       | 599                                     | jobStateTimeLimitActions[0].maxTimeSeconds is 599; it should be between 600 and 86400.
      RUNNABLE  | RUNNING                                 | jobStateTimeLimitActions[0].state is RUNNING; valid are [RUNNABLE].
      CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY | UNDETERMINED | jobStateTimeLimitActions[0].reason is UNDETERMINED; it should begin with one of [CAPACITY:
      """)
  void a_wrong_time_limit(String right, String wrong, String message) {
    refused(
        message, () -> read("{'jobStateTimeLimitActions':[" + LIMIT.replace(right, wrong) + "]}"));
  }

  @Test
  void a_reason_counts_once_with_or_without_its_explanation() {
    refused(
        "Duplicate job state limit actions are not allowed.",
        () ->
            read(
                "{'jobStateTimeLimitActions':["
                    + LIMIT
                    + ","
                    + LIMIT.replace("_CAPACITY'", "_CAPACITY - Service cannot fulfill'")
                    + "]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {'priority':-1}                           | priority is -1; it should not be negative.
      {'jobQueueType':'SAGEMAKER_TRAINING'}     | Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.
      {'jobQueueType':'ECS','serviceEnvironmentOrder':[{'order':1,'serviceEnvironment':'s'}]} | The jobQueueType provided is ECS, which is incompatible with the provided serviceEnvironmentOrder.
      {'serviceEnvironmentOrder':[{'order':1,'serviceEnvironment':'s'},{'order':2,'serviceEnvironment':'t'}]} | Job queue can only have 1 service environment.
      {'serviceEnvironmentOrder':[{'order':1,'serviceEnvironment':'s'}],'computeEnvironmentOrder':[{'order':1,'computeEnvironment':'c'}]} | computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set
      """)
  void a_wrong_request(String request, String message) {
    refused(message, () -> read(request));
  }

  @Test
  void there_are_no_service_environments_to_be_named() {
    refusedBare(
        "ServiceEnvironment s not found.",
        () -> read("{'serviceEnvironmentOrder':[{'order':1,'serviceEnvironment':'s'}]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      []                                                                                | computeEnvironmentOrder is required.
      [{'order':1,'computeEnvironment':'a'},{'order':1,'computeEnvironment':'b'}]       | Duplicate ComputeEnvironment order values.
      [{'order':1,'computeEnvironment':'a'},{'order':2,'computeEnvironment':'a'}]       | Duplicate ComputeEnvironments within order list.
      [{'order':1,'computeEnvironment':'a'},{'order':2,'computeEnvironment':'b'},{'order':3,'computeEnvironment':'c'},{'order':4,'computeEnvironment':'d'}] | Only 3 environments are allowed in job queue request.
      """)
  void a_wrong_order(String order, String message) {
    refused(
        message,
        () ->
            JobQueueMembers.environments(read("{'computeEnvironmentOrder':" + order + "}"), ARNS));
  }

  @Test
  void a_policy_is_one_of_ours_and_can_be_replaced_but_neither_added_nor_removed() {
    String arn = "arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair";
    Members named = read("{'schedulingPolicyArn':'" + arn + "'}");
    Members empty = read("{'schedulingPolicyArn':''}");
    assertThat(JobQueueMembers.policy(named, ARNS, "fair"::equals)).hasValue(arn);
    refusedBare(
        "SchedulingPolicy " + arn + " not found.",
        () -> JobQueueMembers.policy(named, ARNS, "other"::equals));
    refused(
        "Only scheduling policy Arn can be allowed.",
        () -> JobQueueMembers.policy(read("{'schedulingPolicyArn':'fair'}"), ARNS, _ -> true));

    ObjectNode with = json("{'schedulingPolicyArn':'old'}");
    JobQueueMembers.replacePolicy(with, read("{}"), Optional.empty());
    assertThat(with.get("schedulingPolicyArn").textValue()).isEqualTo("old");
    JobQueueMembers.replacePolicy(with, named, Optional.of(arn));
    assertThat(with.get("schedulingPolicyArn").textValue()).isEqualTo(arn);
    refusedBare(
        "The scheduling policy of a job queue can be replaced, but not removed.",
        () -> JobQueueMembers.replacePolicy(with, empty, Optional.empty()));
    refusedBare(
        "A scheduling policy cannot be added to a job queue that was created without one.",
        () -> JobQueueMembers.replacePolicy(json("{}"), named, Optional.of(arn)));
    JobQueueMembers.replacePolicy(json("{}"), empty, Optional.empty());
  }

  private static ComputeEnvironment environment(String text) {
    ComputeEnvironmentMembers.Checked checked = ComputeEnvironmentMembers.check(json(text), ARNS);
    return ComputeEnvironment.created(
            checked.name(), "3f0e8f2c-0000-4000-8000-000000000000", T0, checked.detail().toString())
        .in(ComputeEnvironment.Status.VALID);
  }

  @Test
  void the_type_follows_from_environments_that_can_be_together() {
    ComputeEnvironment spot = environment(ComputeEnvironmentMembersTest.SPOT);
    ComputeEnvironment fargate = environment(ComputeEnvironmentMembersTest.FARGATE);
    ComputeEnvironment pods = environment(ComputeEnvironmentMembersTest.EKS);
    ComputeEnvironment unmanaged = environment(ComputeEnvironmentMembersTest.UNMANAGED);
    ComputeEnvironment arm =
        environment(
            ComputeEnvironmentMembersTest.EKS
                .replaceAll("(?s),\\s*'eksConfiguration'.*", "}")
                .replace("EKS_AL2023", "ECS_AL2023"));
    assertThat(JobQueueMembers.type(List.of(spot, unmanaged))).isEqualTo("ECS");
    assertThat(JobQueueMembers.type(List.of(fargate))).isEqualTo("ECS_FARGATE");
    assertThat(JobQueueMembers.type(List.of(pods))).isEqualTo("EKS");
    refused(
        "Fargate and EC2 compute environments can not be mixed.",
        () -> JobQueueMembers.type(List.of(spot, fargate)));
    refused(
        "EKS and ECS compute environments can not be mixed.",
        () -> JobQueueMembers.type(List.of(arm, pods)));
    refused(
        "Compute environments of different CPU architectures can not be mixed.",
        () -> JobQueueMembers.type(List.of(spot, arm)));
  }

  @ParameterizedTest
  @CsvSource({"ECS,EC2", "ECS_FARGATE,FARGATE", "EKS,EKS"})
  void a_job_goes_only_to_a_queue_of_its_kind(String type, String capability) {
    JobQueue queue =
        new JobQueue(
            "q",
            JobQueue.State.ENABLED,
            JobQueue.Status.VALID,
            1,
            List.of(),
            type.equals("ECS_FARGATE"),
            Optional.empty(),
            T0,
            1,
            "{\"jobQueueType\":\"" + type + "\"}");
    String managed =
        Definitions.ECS.replace(
            "'type':'container'",
            "'type':'container','platformCapabilities':['MANAGED_INSTANCES']");
    List.of(
            List.of("EC2", Definitions.NODES),
            List.of("FARGATE", Definitions.FARGATE),
            List.of("EKS", Definitions.EKS),
            List.of("MANAGED_INSTANCES", managed))
        .forEach(
            job -> {
              if (job.get(0).equals(capability)) {
                JobQueueMembers.checkRuns(queue, Definitions.registered(job.get(1)));
              } else {
                refusedBare(
                    "Job Queue is attached to Compute Environment that can not run Jobs with"
                        + " capability "
                        + job.get(0)
                        + ".",
                    () -> JobQueueMembers.checkRuns(queue, Definitions.registered(job.get(1))));
              }
            });
  }
}
