package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.api.wire.ResourceRequirementMembers.Size;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Checks {@code nodeProperties}. Source: NodeProperties, NodeRangeProperty. */
final class NodeMembers {
  private NodeMembers() {}

  static void check(Members nodes, Platform platform, boolean allowPrivileged) {
    if (platform == Platform.FARGATE) {
      throw PrefixedRefusal.of("Fargate does not support MNP jobs");
    }
    if (platform == Platform.MANAGED_INSTANCES) {
      throw PrefixedRefusal.of("MANAGED_INSTANCES does not support MNP jobs");
    }
    int count = nodes.integer("numNodes").orElseThrow();
    if (count < 1 || count > 1000) {
      throw PrefixedRefusal.of("Number of nodes must be between 1 and 1000.");
    }
    List<Members> ranges = nodes.anyObjects("nodeRangeProperties");
    if (ranges.size() > 5) {
      throw PrefixedRefusal.of("Maximum allowed size of node range properties is 5");
    }
    ranges.forEach(range -> content(range, platform, allowPrivileged));
    coverage(nodes);
    oneInstanceType(ranges);
    boolean pods = ranges.stream().anyMatch(range -> range.has("eksProperties"));
    if (pods && !ranges.stream().allMatch(range -> range.has("eksProperties"))) {
      throw PrefixedRefusal.of("Either all node ranges have eksProperties, or none of them does.");
    }
    size(nodes.json());
  }

  private static void content(Members range, Platform platform, boolean allowPrivileged) {
    boolean container = range.has("container");
    boolean ecs = range.has("ecsProperties");
    boolean eks = range.has("eksProperties");
    if (container && (ecs || eks)) {
      throw PrefixedRefusal.of(
          "NodeRangeProperties can not use both %s and container fields"
              .formatted(ecs ? "ecsProperties" : "eksProperties"));
    }
    if (ecs && eks) {
      throw PrefixedRefusal.of(
          "NodeRangeProperties can not use both ecsProperties and eksProperties fields");
    }
    if (!container && !ecs && !eks) {
      throw PrefixedRefusal.of(
          "Must specify container for node range " + range.requiredText("targetNodes"));
    }
    instanceTypes(range);
    range
        .anyObject("container")
        .ifPresent(c -> ContainerMembers.check(c, platform, allowPrivileged));
    range.anyObject("ecsProperties").ifPresent(e -> EcsMembers.check(e, platform, allowPrivileged));
    range.anyObject("eksProperties").ifPresent(e -> EksMembers.check(e, allowPrivileged));
    range.anyObject("consumableResourceProperties").ifPresent(ConsumableMembers::check);
  }

  /** One type at most, and not beside a container, which has its own. */
  static void instanceTypes(Members range) {
    if (range.says("instanceTypes") && range.has("container")) {
      throw PrefixedRefusal.of(
          "Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.");
    }
    if (range.texts("instanceTypes").size() > 1) {
      throw PrefixedRefusal.of(
          "%s has %d elements; the maximum is 1."
              .formatted(range.path("instanceTypes"), range.texts("instanceTypes").size()));
    }
  }

  static void oneInstanceType(List<Members> ranges) {
    Set<String> types = new HashSet<>();
    for (Members range : ranges) {
      range.anyObject("container").flatMap(c -> c.text("instanceType")).ifPresent(types::add);
      types.addAll(range.texts("instanceTypes"));
    }
    if (types.size() > 1) {
      throw PrefixedRefusal.of("All node groups must use the same instance type.");
    }
  }

  /** That the main node is one of the nodes, and each node in a range. */
  static void coverage(Members nodes) {
    int count = nodes.integer("numNodes").orElseThrow();
    int main = nodes.integer("mainNode").orElseThrow();
    if (main < 0 || main >= count) {
      throw PrefixedRefusal.of(
          "mainNode is %d; it should be between 0 and %d.".formatted(main, count - 1));
    }
    List<TargetNodes> ranges =
        nodes.anyObjects("nodeRangeProperties").stream().map(NodeMembers::targets).toList();
    for (int i = 0; i < ranges.size(); i++) {
      for (TargetNodes other : ranges.subList(0, i)) {
        if (ranges.get(i).same(other) || ranges.get(i).crosses(other)) {
          throw PrefixedRefusal.of(
              "targetNodes %s and %s overlap; one range may only lie within another."
                  .formatted(other.text(), ranges.get(i).text()));
        }
      }
    }
    if (!IntStream.range(0, count).allMatch(n -> ranges.stream().anyMatch(r -> r.has(n)))) {
      throw PrefixedRefusal.of("Node Range Properties target nodes have missing ranges");
    }
  }

  static TargetNodes targets(Members range) {
    return TargetNodes.parse(range.requiredText("targetNodes"));
  }

  /** The ranges that hold a node, the narrowest first: that one is the node's. */
  static List<Members> rangesOf(Members nodes, int node) {
    return nodes.anyObjects("nodeRangeProperties").stream()
        .filter(range -> targets(range).has(node))
        .sorted(Comparator.comparingInt(range -> targets(range).to() - targets(range).from()))
        .toList();
  }

  /** The most that any node asks for: all run on instances of one type. Each node is checked. */
  static Size size(ObjectNode json) {
    Members nodes = Members.unchecked(json);
    Size most = Size.NONE;
    for (int node = 0; node < nodes.integer("numNodes").orElseThrow(); node++) {
      Size size = size(rangesOf(nodes, node));
      most =
          new Size(
              Math.max(most.vcpuMillis(), size.vcpuMillis()),
              Math.max(most.memoryMib(), size.memoryMib()),
              Math.max(most.gpus(), size.gpus()));
    }
    return most;
  }

  private static Size size(List<Members> ranges) {
    Members own = ranges.getFirst();
    if (own.has("ecsProperties")) {
      return EcsMembers.size((ObjectNode) own.json().get("ecsProperties"), Platform.EC2);
    }
    if (own.has("eksProperties")) {
      return EksMembers.podSize((ObjectNode) own.json().get("eksProperties"));
    }
    Optional<Members> given =
        ranges.stream()
            .flatMap(range -> range.anyObject("container").stream())
            .filter(ResourceRequirementMembers::given)
            .findFirst();
    return ResourceRequirementMembers.alone(
        given.orElseGet(() -> own.anyObject("container").orElseThrow()), Platform.EC2, false);
  }

  static void putEmptyLists(ObjectNode nodes) {
    for (JsonNode range : nodes.path("nodeRangeProperties")) {
      if (range.get("container") instanceof ObjectNode container) {
        ContainerMembers.putEmptyLists(container);
      }
      if (range.get("ecsProperties") instanceof ObjectNode ecs) {
        EcsMembers.putEmptyLists(ecs);
      }
    }
  }
}
