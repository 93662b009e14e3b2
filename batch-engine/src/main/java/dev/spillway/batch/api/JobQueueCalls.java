package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The four operations on job queues. */
final class JobQueueCalls {
  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;

  JobQueueCalls(EngineAccess engine, Arns arns, InstantSource clock) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
  }

  ObjectNode create(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "jobQueueName",
            "state",
            "schedulingPolicyArn",
            "priority",
            "computeEnvironmentOrder",
            "serviceEnvironmentOrder",
            "jobQueueType",
            "tags",
            "jobStateTimeLimitActions");
    String name = request.name("jobQueueName", "Job Queue name should match a valid pattern.");
    refuseUnsupported(request);
    request.oneOf("jobQueueType", List.of("ECS", "ECS_FARGATE"));
    int priority = priority(request).orElseThrow(() -> PrefixedRefusal.of("priority is required."));
    JobQueue.State state =
        request.oneOf("state", JobQueue.State.class).orElse(JobQueue.State.ENABLED);
    List<String> environments =
        environments(request)
            .orElseThrow(() -> PrefixedRefusal.of("computeEnvironmentOrder is required."));
    ObjectNode detail = Json.object();
    detail.set("tags", request.tags());
    detail.set("computeEnvironmentOrder", order(request));
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    commands.ask(
        () ->
            new Command.CreateJobQueue(
                new JobQueue(
                    name,
                    state,
                    JobQueue.Status.CREATING,
                    priority,
                    environments,
                    fargate(environments),
                    now,
                    1,
                    detail.toString())));
    return answer(name);
  }

  private static void refuseUnsupported(Members request) {
    for (String member :
        List.of("schedulingPolicyArn", "serviceEnvironmentOrder", "jobStateTimeLimitActions")) {
      if (request.says(member)) {
        throw PrefixedRefusal.unsupported(member);
      }
    }
  }

  private static Optional<Integer> priority(Members request) {
    return request
        .integer("priority")
        .map(
            value -> {
              if (value < 0) {
                throw PrefixedRefusal.of(
                    "priority is %d; it should not be negative.".formatted(value));
              }
              return value;
            });
  }

  /** Names in their order. */
  private Optional<List<String>> environments(Members request) {
    List<Members> entries =
        request.objects("computeEnvironmentOrder", "order", "computeEnvironment");
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    if (entries.size() > 3) {
      throw PrefixedRefusal.of("Only 3 environments are allowed in job queue request.");
    }
    Map<Integer, String> byOrder = new TreeMap<>();
    Set<String> names = new HashSet<>();
    for (Members entry : entries) {
      String name = Names.of(entry.requiredText("computeEnvironment"), "compute-environment", arns);
      int order =
          entry
              .integer("order")
              .orElseThrow(() -> PrefixedRefusal.of(entry.path("order") + " is required."));
      if (!names.add(name)) {
        throw PrefixedRefusal.of("Duplicate ComputeEnvironments within order list.");
      }
      if (byOrder.put(order, name) != null) {
        throw PrefixedRefusal.of("Duplicate ComputeEnvironment order values.");
      }
    }
    return Optional.of(List.copyOf(byOrder.values()));
  }

  /** As it was given, but with ARNs. */
  private ArrayNode order(Members request) {
    ArrayNode order = Json.object().arrayNode();
    for (Members entry :
        request.objects("computeEnvironmentOrder", "order", "computeEnvironment")) {
      String name = Names.of(entry.requiredText("computeEnvironment"), "compute-environment", arns);
      order
          .addObject()
          .put("order", entry.integer("order").orElseThrow())
          .put("computeEnvironment", arns.computeEnvironment(name));
    }
    return order;
  }

  private String detail(JobQueue now, Members request) {
    ObjectNode detail = Json.read(now.detail());
    detail.set("computeEnvironmentOrder", order(request));
    return detail.toString();
  }

  /** True when the environments are of the Fargate kind. Those not found are refused later. */
  private boolean fargate(List<String> environments) {
    Set<Boolean> kinds = new HashSet<>();
    for (String name : environments) {
      engine.view().computeEnvironment(name).map(ComputeEnvironment::fargate).ifPresent(kinds::add);
    }
    if (kinds.size() > 1) {
      throw PrefixedRefusal.of("Fargate and EC2 compute environments can not be mixed.");
    }
    return kinds.contains(true);
  }

  ObjectNode update(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "jobQueue",
            "state",
            "schedulingPolicyArn",
            "priority",
            "computeEnvironmentOrder",
            "serviceEnvironmentOrder",
            "jobStateTimeLimitActions");
    String name = Names.of(request.requiredText("jobQueue"), "job-queue", arns);
    refuseUnsupported(request);
    Optional<Integer> priority = priority(request);
    Optional<JobQueue.State> state = request.oneOf("state", JobQueue.State.class);
    Optional<List<String>> environments = environments(request);
    commands.ask(
        () -> {
          JobQueue now =
              engine
                  .view()
                  .jobQueue(name)
                  .orElseThrow(() -> BatchApiException.client("JobQueue " + name + " not found."));
          if (now.status() == JobQueue.Status.DELETING) {
            throw BatchApiException.client("Cannot update, resource is being modified");
          }
          List<String> order = environments.orElse(now.computeEnvironments());
          return new Command.UpdateJobQueue(
              now.version(),
              new JobQueue(
                  name,
                  state.orElse(now.state()),
                  now.status(),
                  priority.orElse(now.priority()),
                  order,
                  environments.isPresent() ? fargate(order) : now.fargate(),
                  now.createdAt(),
                  now.version() + 1,
                  environments.isPresent() ? detail(now, request) : now.detail()));
        });
    return answer(name);
  }

  ObjectNode delete(ObjectNode json) {
    Members request = Members.of(json, "jobQueue");
    String name = Names.of(request.requiredText("jobQueue"), "job-queue", arns);
    commands.ask(() -> new Command.DeleteJobQueue(name));
    return Json.object();
  }

  ObjectNode describe(ObjectNode json) {
    Members request = Members.of(json, "jobQueues", "maxResults", "nextToken");
    ObjectNode answer = Json.object();
    List<String> names = request.texts("jobQueues");
    if (names.isEmpty()) {
      Pages.add(
          answer, "jobQueues", request, engine.view().jobQueues(), JobQueue::name, this::wire);
      return answer;
    }
    if (request.has("maxResults")) {
      throw PrefixedRefusal.of("JobQueues and MaxResults cannot both be set");
    }
    answer.putArray("jobQueues");
    for (String given : names) {
      engine
          .view()
          .jobQueue(Names.of(given, "job-queue", arns))
          .ifPresent(q -> answer.withArray("jobQueues").add(wire(q)));
    }
    return answer;
  }

  private ObjectNode wire(JobQueue queue) {
    ObjectNode wire = answer(queue.name());
    wire.put("state", queue.state().name()).put("status", queue.status().name());
    wire.put("statusReason", queue.status() == JobQueue.Status.VALID ? "JobQueue Healthy" : "");
    wire.put("priority", queue.priority());
    wire.putArray("serviceEnvironmentOrder");
    wire.put("jobQueueType", queue.fargate() ? "ECS_FARGATE" : "ECS");
    wire.setAll(Json.read(queue.detail()));
    wire.putArray("jobStateTimeLimitActions");
    return wire;
  }

  private ObjectNode answer(String name) {
    return Json.object().put("jobQueueName", name).put("jobQueueArn", arns.jobQueue(name));
  }
}
