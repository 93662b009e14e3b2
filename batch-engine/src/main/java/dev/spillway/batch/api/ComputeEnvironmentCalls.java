package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.api.wire.Members;
import dev.spillway.batch.api.wire.Names;
import dev.spillway.batch.api.wire.Pages;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** The four operations on compute environments. */
final class ComputeEnvironmentCalls {
  private static final List<String> TYPES = List.of("EC2", "SPOT", "FARGATE", "FARGATE_SPOT");
  private static final Set<String> NOT_ON_FARGATE =
      new TreeSet<>(
          Set.of(
              "allocationStrategy",
              "bidPercentage",
              "desiredvCpus",
              "ec2Configuration",
              "ec2KeyPair",
              "imageId",
              "instanceRole",
              "instanceTypes",
              "launchTemplate",
              "minvCpus",
              "placementGroup",
              "spotIamFleetRole",
              "tags"));
  private static final String[] RESOURCES = {
    "type",
    "allocationStrategy",
    "minvCpus",
    "maxvCpus",
    "desiredvCpus",
    "instanceTypes",
    "imageId",
    "subnets",
    "securityGroupIds",
    "ec2KeyPair",
    "instanceRole",
    "tags",
    "placementGroup",
    "bidPercentage",
    "spotIamFleetRole",
    "launchTemplate",
    "ec2Configuration",
    "scalingPolicy"
  };

  private final EngineAccess engine;
  private final Commands commands;
  private final Arns arns;
  private final InstantSource clock;

  ComputeEnvironmentCalls(EngineAccess engine, Arns arns, InstantSource clock) {
    this.engine = engine;
    this.commands = new Commands(engine);
    this.arns = arns;
    this.clock = clock;
  }

  ObjectNode create(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "computeEnvironmentName",
            "type",
            "state",
            "unmanagedvCpus",
            "computeResources",
            "serviceRole",
            "tags",
            "eksConfiguration",
            "context");
    String name =
        request.name(
            "computeEnvironmentName", "Compute Environment name should match a valid pattern.");
    request.requiredText("type");
    if (request.oneOf("type", List.of("MANAGED", "UNMANAGED")).get().equals("UNMANAGED")) {
      throw PrefixedRefusal.unsupported("type UNMANAGED");
    }
    if (request.has("unmanagedvCpus")) {
      throw PrefixedRefusal.of("unmanagedvCpus is not applicable for managed Compute Environments");
    }
    if (request.has("eksConfiguration")) {
      throw PrefixedRefusal.unsupported("eksConfiguration");
    }
    if (request
            .oneOf("state", ComputeEnvironment.State.class)
            .orElse(ComputeEnvironment.State.ENABLED)
        == ComputeEnvironment.State.DISABLED) {
      throw PrefixedRefusal.of("Compute Environment must be created in ENABLED state.");
    }
    request.text("serviceRole");
    request.text("context");
    Members resources =
        request
            .object("computeResources", RESOURCES)
            .orElseThrow(
                () ->
                    PrefixedRefusal.of(
                        "computeResources is required for a MANAGED compute environment."));
    check(resources);
    ObjectNode detail = json.deepCopy();
    detail.set("tags", request.tags());
    detail.remove(List.of("computeEnvironmentName", "state"));
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    String uuid = UUID.randomUUID().toString();
    commands.ask(
        () ->
            new Command.CreateComputeEnvironment(
                new ComputeEnvironment(
                    name,
                    uuid,
                    ComputeEnvironment.State.ENABLED,
                    ComputeEnvironment.Status.CREATING,
                    resources.integer("maxvCpus").orElseThrow(),
                    fargate(resources.requiredText("type")),
                    now,
                    1,
                    detail.toString())));
    return answer(name);
  }

  private static boolean fargate(String type) {
    return type.startsWith("FARGATE");
  }

  /** Source: CreateComputeEnvironment, ComputeResource, and the messages of the real service. */
  private static void check(Members resources) {
    resources.requiredText("type");
    String type = resources.oneOf("type", TYPES).get();
    int max =
        resources
            .integer("maxvCpus")
            .orElseThrow(() -> PrefixedRefusal.of("Resource maxvCpus is required."));
    if (fargate(type)) {
      for (String member : NOT_ON_FARGATE) {
        if (resources.says(member)) {
          throw PrefixedRefusal.of(member + " is not applicable for Fargate.");
        }
      }
      if (resources.texts("securityGroupIds").size() > 5) {
        throw PrefixedRefusal.of("Fargate supports a maximum of 5 security groups.");
      }
      if (resources.texts("subnets").size() > 16) {
        throw PrefixedRefusal.of("Fargate supports a maximum of 16 subnets.");
      }
    } else {
      if (!resources.says("instanceRole")) {
        throw PrefixedRefusal.of("Instance role is required.");
      }
      if (resources.texts("instanceTypes").isEmpty()) {
        throw PrefixedRefusal.of("Resource instanceTypes are required.");
      }
      if (resources.integer("minvCpus").isEmpty()) {
        throw PrefixedRefusal.of("Resource minvCpus is required.");
      }
      resources
          .integer("bidPercentage")
          .filter(bid -> bid < 0 || bid > 100)
          .ifPresent(
              _ -> {
                throw PrefixedRefusal.of("Bid percentage must be between 0 to 100.");
              });
    }
    if (resources.texts("subnets").isEmpty()) {
      throw PrefixedRefusal.of("Resource subnets are required.");
    }
    int min = resources.integer("minvCpus").orElse(0);
    checkVcpus(min, max, resources.integer("desiredvCpus").orElse(min));
  }

  private static void checkVcpus(int min, int max, int desired) {
    if (min < 0) {
      throw PrefixedRefusal.of("minvCpus should be greater than or equal to 0.");
    }
    if (max < min) {
      throw PrefixedRefusal.of("maxvCpus should be greater than or equal to minvCpus.");
    }
    if (desired < min || desired > max) {
      throw PrefixedRefusal.of("desiredvCpus should be between minvCpus and maxvCpus.");
    }
  }

  /** State and the three vCPU numbers; an infrastructure update needs instances to replace. */
  ObjectNode update(ObjectNode json) {
    Members request =
        Members.of(
            json,
            "computeEnvironment",
            "state",
            "unmanagedvCpus",
            "computeResources",
            "serviceRole",
            "updatePolicy",
            "context");
    String name = Names.of(request.requiredText("computeEnvironment"), "compute-environment", arns);
    for (String member : List.of("unmanagedvCpus", "serviceRole", "updatePolicy", "context")) {
      if (request.has(member)) {
        throw PrefixedRefusal.unsupported("UpdateComputeEnvironment with " + member);
      }
    }
    Members resources =
        request.anyObject("computeResources").orElseGet(() -> Members.of(Json.object()));
    for (var entry : resources.json().properties()) {
      if (!Set.of("minvCpus", "maxvCpus", "desiredvCpus").contains(entry.getKey())) {
        throw PrefixedRefusal.unsupported(
            "UpdateComputeEnvironment with computeResources." + entry.getKey());
      }
    }
    commands.ask(
        () -> {
          ComputeEnvironment now =
              engine
                  .view()
                  .computeEnvironment(name)
                  .orElseThrow(
                      () -> BatchApiException.client("ComputeEnvironment " + name + " not found."));
          if (now.status() == ComputeEnvironment.Status.DELETING) {
            throw BatchApiException.client("Cannot update, resource is being modified");
          }
          return new Command.UpdateComputeEnvironment(
              now.version(), updated(now, request, resources));
        });
    return answer(name);
  }

  private static ComputeEnvironment updated(
      ComputeEnvironment now, Members request, Members resources) {
    ObjectNode detail = Json.read(now.detail());
    ObjectNode own = (ObjectNode) detail.get("computeResources");
    for (String member : List.of("minvCpus", "maxvCpus", "desiredvCpus")) {
      resources.integer(member).ifPresent(value -> own.put(member, value));
    }
    int min = own.path("minvCpus").asInt(0);
    int max = own.path("maxvCpus").asInt();
    if (!now.fargate()) {
      int before = Json.read(now.detail()).path("computeResources").path("desiredvCpus").asInt(min);
      int desired = own.path("desiredvCpus").asInt(min);
      if (resources.has("desiredvCpus") && desired < before) {
        throw BatchApiException.client(
            "Manually scaling down compute environment is not supported. Disconnecting job queues"
                + " from compute environment will cause it to scale-down to minvCpus.");
      }
      checkVcpus(min, max, Math.clamp(desired, min, Math.max(min, max)));
    } else {
      checkVcpus(0, max, 0);
    }
    return new ComputeEnvironment(
        now.name(),
        now.uuid(),
        request.oneOf("state", ComputeEnvironment.State.class).orElse(now.state()),
        now.status(),
        max,
        now.fargate(),
        now.createdAt(),
        now.version() + 1,
        detail.toString());
  }

  ObjectNode delete(ObjectNode json) {
    Members request = Members.of(json, "computeEnvironment");
    String name = Names.of(request.requiredText("computeEnvironment"), "compute-environment", arns);
    commands.ask(() -> new Command.DeleteComputeEnvironment(name));
    return Json.object();
  }

  ObjectNode describe(ObjectNode json) {
    Members request = Members.of(json, "computeEnvironments", "maxResults", "nextToken");
    ObjectNode answer = Json.object();
    List<String> names = request.texts("computeEnvironments");
    if (names.isEmpty()) {
      Pages.add(
          answer,
          "computeEnvironments",
          request,
          engine.view().computeEnvironments(),
          ComputeEnvironment::name,
          this::wire);
      return answer;
    }
    if (request.has("maxResults")) {
      throw PrefixedRefusal.of("ComputeEnvironments and MaxResults cannot both be set");
    }
    answer.putArray("computeEnvironments");
    for (String given : new ArrayList<>(names)) {
      engine
          .view()
          .computeEnvironment(Names.of(given, "compute-environment", arns))
          .ifPresent(e -> answer.withArray("computeEnvironments").add(wire(e)));
    }
    return answer;
  }

  private ObjectNode wire(ComputeEnvironment e) {
    ObjectNode given = Json.read(e.detail());
    ObjectNode wire = answer(e.name());
    wire.put("ecsClusterArn", arns.cluster(e.cluster()));
    wire.setAll(given);
    wire.put("state", e.state().name()).put("status", e.status().name());
    wire.put(
        "statusReason",
        e.status() == ComputeEnvironment.Status.VALID ? "ComputeEnvironment Healthy" : "");
    ObjectNode resources = (ObjectNode) wire.get("computeResources");
    if (!e.fargate() && !resources.has("desiredvCpus")) {
      JsonNode min = resources.get("minvCpus");
      resources.put("desiredvCpus", min == null ? 0 : min.intValue());
    }
    if (!wire.has("serviceRole")) {
      wire.put(
          "serviceRole",
          "arn:aws:iam::"
              + arns.account()
              + ":role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch");
    }
    wire.putObject("updatePolicy")
        .put("terminateJobsOnUpdate", false)
        .put("jobExecutionTimeoutMinutes", 30);
    return wire.put("containerOrchestrationType", "ECS").put("uuid", e.uuid());
  }

  private ObjectNode answer(String name) {
    return Json.object()
        .put("computeEnvironmentName", name)
        .put("computeEnvironmentArn", arns.computeEnvironment(name));
  }
}
