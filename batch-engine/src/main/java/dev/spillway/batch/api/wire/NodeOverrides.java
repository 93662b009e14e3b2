package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;

/**
 * Merges what SubmitJob says of nodes into the definition's. Source: NodeOverrides,
 * NodePropertyOverride.
 */
final class NodeOverrides {
  private NodeOverrides() {}

  /** Changes {@code nodes}, the definition's {@code nodeProperties}. */
  static void merge(ObjectNode nodes, Members overrides) {
    overrides.integer("numNodes").ifPresent(count -> count(nodes, count));
    for (Members override : overrides.anyObjects("nodePropertyOverrides")) {
      mergeRange(range(nodes, override.requiredText("targetNodes")), override);
    }
    Members merged = Members.unchecked(nodes);
    NodeMembers.coverage(merged);
    NodeMembers.oneInstanceType(merged.anyObjects("nodeRangeProperties"));
  }

  private static void count(ObjectNode nodes, int count) {
    if (count < 1 || count > 1000) {
      throw PrefixedRefusal.of("Number of nodes must be between 1 and 1000.");
    }
    boolean allowed = false;
    for (Members range : Members.unchecked(nodes).anyObjects("nodeRangeProperties")) {
      TargetNodes targets = NodeMembers.targets(range);
      allowed |= targets.open() && targets.from() < count;
    }
    if (!allowed) {
      throw BatchApiException.client(
          "numNodes is %d; it can only be overridden when a node range of the job definition has no"
                  .formatted(count)
              + " upper end and begins below it.");
    }
    nodes.put("numNodes", count);
  }

  private static ObjectNode range(ObjectNode nodes, String wanted) {
    TargetNodes targets = TargetNodes.parse(wanted);
    for (JsonNode range : nodes.get("nodeRangeProperties")) {
      if (TargetNodes.parse(range.get("targetNodes").textValue()).same(targets)) {
        return (ObjectNode) range;
      }
    }
    throw BatchApiException.client(
        "NodeOverride targets should match job definition. Non matching targets - " + wanted);
  }

  private static void mergeRange(ObjectNode range, Members override) {
    wants(range, override, "containerOverrides", "container")
        .forEach(
            o -> ContainerOverrides.merge((ObjectNode) range.get("container"), o, Platform.EC2));
    wants(range, override, "ecsPropertiesOverride", "ecsProperties")
        .forEach(
            o ->
                ContainerOverrides.mergeTask(
                    (ObjectNode) range.get("ecsProperties"), o, Platform.EC2));
    wants(range, override, "eksPropertiesOverride", "eksProperties")
        .forEach(o -> PodOverrides.merge((ObjectNode) range.get("eksProperties"), o));
    Members.unchecked(range)
        .anyObject("eksProperties")
        .ifPresent(eks -> EksMembers.check(eks, true)); // privileged was decided before
    if (override.says("instanceTypes")) {
      range.set("instanceTypes", override.json().get("instanceTypes").deepCopy());
      NodeMembers.instanceTypes(Members.unchecked(range));
    }
    override
        .anyObject("consumableResourcePropertiesOverride")
        .ifPresent(
            consumables -> {
              ConsumableMembers.check(consumables);
              range.set("consumableResourceProperties", consumables.json());
            });
  }

  /** The override, when there is one; it is refused where the range has nothing like it. */
  private static List<Members> wants(
      ObjectNode range, Members override, String member, String overridden) {
    if (!override.says(member)) {
      return List.of();
    }
    if (!range.has(overridden)) {
      throw BatchApiException.client(
          "%s is given, but the node range %s has no %s."
              .formatted(override.path(member), range.get("targetNodes").textValue(), overridden));
    }
    return List.of(override.anyObject(member).orElseThrow());
  }
}
