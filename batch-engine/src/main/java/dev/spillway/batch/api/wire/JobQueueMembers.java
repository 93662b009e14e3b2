package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Checks what CreateJobQueue and UpdateJobQueue have in common. Source: API CreateJobQueue,
 * JobStateTimeLimitAction, and the messages of the real service.
 */
public final class JobQueueMembers {
  /** Codes of blocked heads that an action may wait for; their explanation may follow. */
  private static final List<String> REASONS =
      List.of(
          "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
          "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
          "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
          "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED");

  private JobQueueMembers() {}

  /** Checks priority and time limits, and refuses service environments. */
  public static Members read(String operation, ObjectNode json) {
    Members request = Shapes.read(operation, json);
    request
        .integer("priority")
        .filter(priority -> priority < 0)
        .ifPresent(
            priority -> {
              throw PrefixedRefusal.of(
                  "priority is %d; it should not be negative.".formatted(priority));
            });
    services(request);
    timeLimits(request);
    return request;
  }

  /** There are no service environments here, so that none can be named. */
  private static void services(Members request) {
    String type = request.text("jobQueueType").orElse("");
    List<Members> order = request.anyObjects("serviceEnvironmentOrder");
    if (order.isEmpty()) {
      if (type.equals("SAGEMAKER_TRAINING")) {
        throw PrefixedRefusal.of(
            "Job queues of type SAGEMAKER_TRAINING must have serviceEnvironmentOrder.");
      }
      return;
    }
    if (!type.isEmpty() && !type.equals("SAGEMAKER_TRAINING")) {
      throw PrefixedRefusal.of(
          "The jobQueueType provided is %s, which is incompatible with the provided serviceEnvironmentOrder."
              .formatted(type));
    }
    if (request.says("computeEnvironmentOrder")) {
      throw PrefixedRefusal.of(
          "computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set");
    }
    if (order.size() > 1) {
      throw PrefixedRefusal.of("Job queue can only have 1 service environment.");
    }
    throw BatchApiException.client(
        "ServiceEnvironment %s not found."
            .formatted(order.getFirst().requiredText("serviceEnvironment")));
  }

  private static void timeLimits(Members request) {
    Set<String> seen = new HashSet<>();
    for (Members limit : request.anyObjects("jobStateTimeLimitActions")) {
      int seconds = limit.integer("maxTimeSeconds").orElseThrow();
      if (seconds < 600 || seconds > 86400) {
        throw PrefixedRefusal.of(
            "%s is %d; it should be between 600 and 86400."
                .formatted(limit.path("maxTimeSeconds"), seconds));
      }
      if (!limit.requiredText("action").equals("CANCEL")) {
        throw PrefixedRefusal.of("Invalid job action. Valid job actions: [CANCEL]");
      }
      String code = code(limit);
      if (!seen.add(code + " " + limit.requiredText("state"))) {
        throw PrefixedRefusal.of("Duplicate job state limit actions are not allowed.");
      }
    }
  }

  /** The code that a reason begins with. */
  private static String code(Members limit) {
    String reason = limit.requiredText("reason");
    return REASONS.stream()
        .filter(code -> reason.equals(code) || reason.startsWith(code + " "))
        .findFirst()
        .orElseThrow(
            () ->
                PrefixedRefusal.of(
                    "%s is %s; it should begin with one of %s."
                        .formatted(limit.path("reason"), reason, REASONS)));
  }

  /**
   * The ARN of the scheduling policy that the request names.
   *
   * @param exists whether there is a policy of a name
   */
  public static Optional<String> policy(Members request, Arns arns, Predicate<String> exists) {
    Optional<String> given = request.text("schedulingPolicyArn").filter(p -> !p.isEmpty());
    given.ifPresent(
        policy -> {
          if (!policy.startsWith("arn:")) {
            throw PrefixedRefusal.of("Only scheduling policy Arn can be allowed.");
          }
          if (!exists.test(Names.of(policy, "scheduling-policy", arns))) {
            throw BatchApiException.client("SchedulingPolicy " + policy + " not found.");
          }
        });
    return given;
  }

  /** A policy can be exchanged for another; a queue keeps being with or without one. */
  public static void replacePolicy(ObjectNode detail, Members request, Optional<String> policy) {
    if (!request.has("schedulingPolicyArn")) {
      return;
    }
    boolean has = detail.has("schedulingPolicyArn");
    if (has && policy.isEmpty()) {
      throw BatchApiException.client(
          "The scheduling policy of a job queue can be replaced, but not removed.");
    }
    if (!has && policy.isPresent()) {
      throw BatchApiException.client(
          "A scheduling policy cannot be added to a job queue that was created without one.");
    }
    policy.ifPresent(arn -> detail.put("schedulingPolicyArn", arn));
  }

  /** Names of the environments in their order; empty when the request names none. */
  public static Optional<List<String>> environments(Members request, Arns arns) {
    List<Members> entries = request.anyObjects("computeEnvironmentOrder");
    if (entries.isEmpty()) {
      if (request.has("computeEnvironmentOrder")) {
        throw PrefixedRefusal.of("computeEnvironmentOrder is required.");
      }
      return Optional.empty();
    }
    if (entries.size() > 3) {
      throw PrefixedRefusal.of("Only 3 environments are allowed in job queue request.");
    }
    Map<Integer, String> byOrder = new TreeMap<>();
    Set<String> names = new HashSet<>();
    for (Members entry : entries) {
      String name = Names.of(entry.requiredText("computeEnvironment"), "compute-environment", arns);
      if (!names.add(name)) {
        throw PrefixedRefusal.of("Duplicate ComputeEnvironments within order list.");
      }
      if (byOrder.put(entry.integer("order").orElseThrow(), name) != null) {
        throw PrefixedRefusal.of("Duplicate ComputeEnvironment order values.");
      }
    }
    return Optional.of(List.copyOf(byOrder.values()));
  }

  /** Puts the order as it was given, but with ARNs. */
  public static void putOrder(ObjectNode detail, Members request, Arns arns) {
    var order = detail.putArray("computeEnvironmentOrder");
    for (Members entry : request.anyObjects("computeEnvironmentOrder")) {
      String name = Names.of(entry.requiredText("computeEnvironment"), "compute-environment", arns);
      order
          .addObject()
          .put("order", entry.integer("order").orElseThrow())
          .put("computeEnvironment", arns.computeEnvironment(name));
    }
  }

  /** The queue's type, from environments that can be together. */
  public static String type(List<ComputeEnvironment> environments) {
    Set<String> kinds = new TreeSet<>();
    Set<String> architectures = new TreeSet<>();
    for (ComputeEnvironment environment : environments) {
      ObjectNode detail = Json.read(environment.detail());
      kinds.add(
          detail.has("eksConfiguration") ? "EKS" : environment.fargate() ? "ECS_FARGATE" : "ECS");
      Members.unchecked(detail)
          .anyObject("computeResources")
          .flatMap(resources -> InstanceTypes.architecture(resources.texts("instanceTypes")))
          .ifPresent(architectures::add);
    }
    if (kinds.size() > 1) {
      throw PrefixedRefusal.of(
          kinds.contains("ECS_FARGATE")
              ? "Fargate and EC2 compute environments can not be mixed."
              : "EKS and ECS compute environments can not be mixed.");
    }
    if (architectures.size() > 1) {
      throw PrefixedRefusal.of(
          "Compute environments of different CPU architectures can not be mixed.");
    }
    return kinds.isEmpty() ? "ECS" : kinds.iterator().next();
  }

  /** Refuses a job on a queue whose environments are of another kind. */
  public static void checkRuns(JobQueue queue, JobDefinition definition) {
    ObjectNode defined = Json.read(definition.detail());
    String capability = JobDefinitionMembers.pods(defined) ? "EKS" : Platform.of(defined).name();
    String wanted =
        switch (capability) {
          case "EC2" -> "ECS";
          case "FARGATE" -> "ECS_FARGATE";
          default -> capability;
        };
    String own = Json.read(queue.detail()).path("jobQueueType").asText("");
    String type = !own.isEmpty() ? own : queue.fargate() ? "ECS_FARGATE" : "ECS";
    if (!type.equals(wanted)) {
      throw BatchApiException.client(
          "Job Queue is attached to Compute Environment that can not run Jobs with capability %s."
              .formatted(capability));
    }
  }
}
