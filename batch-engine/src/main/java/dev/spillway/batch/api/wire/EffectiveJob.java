package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.api.wire.ResourceRequirementMembers.Size;
import dev.spillway.batch.jobdefinition.JobDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a submitted job comes to: its definition, with the request's overrides merged and its
 * parameters put in. These are the members of DescribeJobs that never change after SubmitJob.
 *
 * <p>Source: API SubmitJob, JobDetail; user guide, job definition parameters.
 */
public final class EffectiveJob {
  /** Which override goes with which properties of the definition. */
  private static final Map<String, String> OVERRIDES =
      new TreeMap<>(
          Map.of(
              "containerOverrides", "containerProperties",
              "ecsPropertiesOverride", "ecsProperties",
              "eksPropertiesOverride", "eksProperties",
              "nodeOverrides", "nodeProperties"));

  private EffectiveJob() {}

  /**
   * What a job holds while it runs.
   *
   * @param vcpuMillis thousandths of a vCPU: of all containers together, or of a multi-node job's
   *     main node
   * @param memoryMib likewise
   * @param gpus likewise
   * @param consumables by name, each once; those of all nodes together
   */
  public record Needs(
      int vcpuMillis, int memoryMib, int gpus, int nodes, List<Consumable> consumables) {}

  /** A consumable resource, by its name, and how much of it. */
  public record Consumable(String name, long quantity) {}

  /** The members, for a request and the definition that it names. */
  public static ObjectNode of(Members given, JobDefinition definition) {
    Members request = Shapes.read("SubmitJob", given.json());
    ObjectNode defined = Json.read(definition.detail());
    refuseOthers(request, defined);
    ObjectNode parameters = (ObjectNode) defined.get("parameters");
    parameters.setAll(request.map("parameters"));

    ObjectNode detail = Json.object();
    retry(detail, request, defined);
    ArrayNode dependsOn = detail.putArray("dependsOn");
    request.anyObjects("dependsOn").forEach(d -> dependsOn.add(d.json()));
    detail.set("parameters", parameters);
    scheduling(detail, request, defined);
    detail.set("platformCapabilities", defined.get("platformCapabilities"));
    containers(detail, request, defined, parameters);
    consumables(detail, request, defined);
    JsonNode timeout = RetryMembers.timeout(request).orElse((ObjectNode) defined.get("timeout"));
    if (timeout != null) {
      detail.set("timeout", timeout);
    }
    detail.set("tags", request.tags());
    detail.put(
        "propagateTags",
        request.bool("propagateTags").orElse(defined.get("propagateTags").booleanValue()));
    needs(detail);
    return detail;
  }

  private static void refuseOthers(Members request, ObjectNode defined) {
    OVERRIDES.forEach(
        (override, properties) -> {
          if (request.says(override) && !defined.has(properties)) {
            throw BatchApiException.client(
                "%s is given, but the job definition has no %s.".formatted(override, properties));
          }
        });
    if (JobDefinitionMembers.pods(defined) && request.has("propagateTags")) {
      throw PrefixedRefusal.of("propagateTags is not applicable for EKS.");
    }
  }

  private static void retry(ObjectNode detail, Members request, ObjectNode defined) {
    JsonNode retry =
        RetryMembers.retryStrategy(request).orElse((ObjectNode) defined.get("retryStrategy"));
    if (retry == null) {
      detail.putObject("retryStrategy").put("attempts", 1).putArray("evaluateOnExit");
    } else {
      detail.set("retryStrategy", retry);
    }
  }

  private static void scheduling(ObjectNode detail, Members request, ObjectNode defined) {
    request
        .text("shareIdentifier")
        .ifPresent(
            share -> {
              if (!share.matches("[a-zA-Z0-9_-]{0,254}[a-zA-Z0-9_*-]")) {
                throw PrefixedRefusal.of("ShareIdentifier name should match a valid pattern.");
              }
              detail.put("shareIdentifier", share);
            });
    JobDefinitionMembers.priority(request, "schedulingPriorityOverride");
    JsonNode priority = request.json().get("schedulingPriorityOverride");
    if (priority != null || defined.has("schedulingPriority")) {
      detail.set(
          "schedulingPriority", priority != null ? priority : defined.get("schedulingPriority"));
    }
  }

  private static void containers(
      ObjectNode detail, Members request, ObjectNode defined, ObjectNode parameters) {
    Platform platform = Platform.of(defined);
    if (defined.get("containerProperties") instanceof ObjectNode container) {
      request
          .anyObject("containerOverrides")
          .ifPresent(o -> ContainerOverrides.merge(container, o, platform));
      Parameters.substitute(container, parameters);
      ContainerMembers.putEmptyLists(container);
      detail.set("container", container);
    }
    if (defined.get("ecsProperties") instanceof ObjectNode ecs) {
      request
          .anyObject("ecsPropertiesOverride")
          .ifPresent(o -> ContainerOverrides.mergeTask(ecs, o, platform));
      substituteTask(ecs, parameters);
      EcsMembers.putEmptyLists(ecs);
      detail.putObject("container");
      detail.set("ecsProperties", ecs);
    }
    if (defined.get("eksProperties") instanceof ObjectNode eks) {
      request.anyObject("eksPropertiesOverride").ifPresent(o -> PodOverrides.merge(eks, o));
      EksMembers.check(Members.unchecked(eks), true);
      detail.set("eksProperties", eks);
    }
    if (defined.get("nodeProperties") instanceof ObjectNode nodes) {
      request.anyObject("nodeOverrides").ifPresent(o -> NodeOverrides.merge(nodes, o));
      for (JsonNode range : nodes.get("nodeRangeProperties")) {
        if (range.get("container") instanceof ObjectNode container) {
          Parameters.substitute(container, parameters);
        }
        if (range.get("ecsProperties") instanceof ObjectNode ecs) {
          substituteTask(ecs, parameters);
        }
      }
      NodeMembers.putEmptyLists(nodes);
      detail.set("nodeProperties", nodes);
    }
  }

  private static void substituteTask(ObjectNode ecs, ObjectNode parameters) {
    for (JsonNode container : ecs.get("taskProperties").get(0).get("containers")) {
      Parameters.substitute((ObjectNode) container, parameters);
    }
  }

  private static void consumables(ObjectNode detail, Members request, ObjectNode defined) {
    request.anyObject("consumableResourcePropertiesOverride").ifPresent(ConsumableMembers::check);
    JsonNode override = request.json().get("consumableResourcePropertiesOverride");
    JsonNode own = override != null ? override : defined.get("consumableResourceProperties");
    if (own != null) {
      detail.set("consumableResourceProperties", own);
    }
  }

  /** What a job needs; refuses sizes that cannot be. {@code detail} is what {@link #of} gave. */
  public static Needs needs(ObjectNode detail) {
    Platform platform = Platform.of(detail);
    Members members = Members.unchecked(detail);
    Map<String, Long> consumables = new TreeMap<>();
    members
        .anyObject("consumableResourceProperties")
        .ifPresent(properties -> add(consumables, properties));
    Size size;
    if (detail.get("nodeProperties") instanceof ObjectNode nodes) {
      size = NodeMembers.size(nodes);
      consumables(consumables, members.anyObject("nodeProperties").orElseThrow());
    } else if (detail.get("ecsProperties") instanceof ObjectNode ecs) {
      size = EcsMembers.size(ecs, platform);
    } else if (detail.get("eksProperties") instanceof ObjectNode eks) {
      size = EksMembers.podSize(eks);
    } else {
      Members container = members.anyObject("container").orElseThrow();
      size =
          ResourceRequirementMembers.alone(container, platform, Task.windows(container, platform));
    }
    List<Consumable> list = new ArrayList<>();
    consumables.forEach((name, quantity) -> list.add(new Consumable(name, quantity)));
    return new Needs(
        size.vcpuMillis(), size.memoryMib(), size.gpus(), nodes(detail), List.copyOf(list));
  }

  private static int nodes(ObjectNode detail) {
    return detail.path("nodeProperties").path("numNodes").asInt(1);
  }

  /** Those of each node, as the narrowest range that holds it says. */
  private static void consumables(Map<String, Long> all, Members nodes) {
    for (int node = 0; node < nodes.integer("numNodes").orElseThrow(); node++) {
      NodeMembers.rangesOf(nodes, node)
          .getFirst()
          .anyObject("consumableResourceProperties")
          .ifPresent(properties -> add(all, properties));
    }
  }

  private static void add(Map<String, Long> all, Members properties) {
    ConsumableMembers.read(properties)
        .forEach(c -> all.merge(c.name(), c.quantity(), EffectiveJob::sum));
  }

  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }
}
