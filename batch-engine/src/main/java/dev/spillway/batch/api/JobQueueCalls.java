package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.JobQueueMembers;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The four operations on job queues. */
final class JobQueueCalls {
  private static final String KIND = "job-queue";

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;
  private final Predicate<String> policies;

  /**
   * @param policies whether there is a scheduling policy of this name
   */
  JobQueueCalls(EngineAccess engine, Arns arns, InstantSource clock, Predicate<String> policies) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
    this.policies = policies;
  }

  ObjectNode create(ObjectNode json) {
    Members request = JobQueueMembers.read("CreateJobQueue", json);
    String name = request.name("jobQueueName", "Job Queue name should match a valid pattern.");
    int priority =
        request.integer("priority").orElseThrow(() -> PrefixedRefusal.of("priority is required."));
    List<String> environments =
        JobQueueMembers.environments(request, arns)
            .orElseThrow(() -> PrefixedRefusal.of("computeEnvironmentOrder is required."));
    ObjectNode detail = Json.object();
    detail.set("tags", request.tags());
    JobQueueMembers.policy(request, arns, policies)
        .ifPresent(policy -> detail.put("schedulingPolicyArn", policy));
    change(detail, request);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    commands.ask(
        () -> {
          String type = type(environments);
          request
              .text("jobQueueType")
              .filter(given -> !given.equals(type))
              .ifPresent(
                  given -> {
                    throw PrefixedRefusal.of(
                        "The jobQueueType provided is %s, which is incompatible with the provided computeEnvironmentOrder."
                            .formatted(given));
                  });
          return new Command.CreateJobQueue(
              new JobQueue(
                  name,
                  request.oneOf("state", JobQueue.State.class).orElse(JobQueue.State.ENABLED),
                  JobQueue.Status.CREATING,
                  priority,
                  environments,
                  type.equals("ECS_FARGATE"),
                  policyName(detail),
                  now,
                  1,
                  detail.put("jobQueueType", type).toString()));
        });
    return answer(name);
  }

  private Optional<String> policyName(ObjectNode detail) {
    return Optional.ofNullable(detail.path("schedulingPolicyArn").textValue())
        .map(arn -> Names.of(arn, "scheduling-policy", arns));
  }

  /** The members that are kept as they are given. */
  private void change(ObjectNode detail, Members request) {
    if (request.has("computeEnvironmentOrder")) {
      JobQueueMembers.putOrder(detail, request, arns);
    }
    if (request.has("jobStateTimeLimitActions")) {
      detail.set("jobStateTimeLimitActions", request.json().get("jobStateTimeLimitActions"));
    }
  }

  /** Environments that are not found are refused later. */
  private String type(List<String> environments) {
    return JobQueueMembers.type(
        environments.stream()
            .flatMap(name -> engine.view().computeEnvironment(name).stream())
            .toList());
  }

  ObjectNode update(ObjectNode json) {
    Members request = JobQueueMembers.read("UpdateJobQueue", json);
    String name = Names.of(request.requiredText("jobQueue"), KIND, arns);
    Optional<List<String>> environments = JobQueueMembers.environments(request, arns);
    Optional<String> policy = JobQueueMembers.policy(request, arns, policies);
    commands.ask(
        () -> {
          JobQueue now =
              Commands.changeable(
                  engine.view().jobQueue(name),
                  queue -> queue.status() == JobQueue.Status.DELETING,
                  "JobQueue " + name);
          ObjectNode detail = Json.read(now.detail());
          JobQueueMembers.replacePolicy(detail, request, policy);
          change(detail, request);
          environments.ifPresent(names -> detail.put("jobQueueType", type(names)));
          return new Command.UpdateJobQueue(
              now.version(),
              new JobQueue(
                  name,
                  request.oneOf("state", JobQueue.State.class).orElse(now.state()),
                  now.status(),
                  request.integer("priority").orElse(now.priority()),
                  environments.orElse(now.computeEnvironments()),
                  environments.isPresent()
                      ? detail.get("jobQueueType").textValue().equals("ECS_FARGATE")
                      : now.fargate(),
                  policyName(detail),
                  now.createdAt(),
                  now.version() + 1,
                  detail.toString()));
        });
    return answer(name);
  }

  ObjectNode delete(ObjectNode json) {
    Members request = Members.of(json, "jobQueue");
    String name = Names.of(request.requiredText("jobQueue"), KIND, arns);
    commands.ask(() -> new Command.DeleteJobQueue(name));
    return Json.object();
  }

  ObjectNode describe(ObjectNode json) {
    Members request = Members.of(json, "jobQueues", "maxResults", "nextToken");
    return Pages.describe(
        "jobQueues",
        request,
        given -> engine.view().jobQueue(Names.of(given, KIND, arns)),
        engine.view().jobQueues(),
        JobQueue::name,
        this::wire);
  }

  private ObjectNode wire(JobQueue queue) {
    ObjectNode wire = answer(queue.name());
    wire.put("state", queue.state().name()).put("status", queue.status().name());
    wire.put("statusReason", queue.status() == JobQueue.Status.VALID ? "JobQueue Healthy" : "");
    wire.put("priority", queue.priority());
    wire.putArray("serviceEnvironmentOrder");
    wire.putArray("jobStateTimeLimitActions");
    wire.put("jobQueueType", queue.fargate() ? "ECS_FARGATE" : "ECS"); // when none is kept
    wire.setAll(Json.read(queue.detail()));
    return wire;
  }

  private ObjectNode answer(String name) {
    return Json.object().put("jobQueueName", name).put("jobQueueArn", arns.jobQueue(name));
  }
}
