package dev.spillway.batch.execution.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.job.NodeRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The containers of a job's members in DescribeJobs, each with what its task gives it, and named as
 * in {@code containerProperties}, whichever properties it came from.
 */
public final class ContainerTemplates {
  private static final List<String> TASK_MEMBERS =
      List.of(
          "volumes",
          "executionRoleArn",
          "networkConfiguration",
          "ephemeralStorage",
          "runtimePlatform",
          "ipcMode",
          "pidMode",
          "enableExecuteCommand");
  private static final List<String> SIZES = List.of("resourceRequirements", "vcpus", "memory");

  private ContainerTemplates() {}

  /** Those of a node; 0 for a job of one. None for pods. */
  public static List<ObjectNode> of(JsonNode members, int node) {
    if (!members.has("nodeProperties")) {
      return ofTask(members);
    }
    List<JsonNode> ranges = rangesOf(members.get("nodeProperties"), node);
    JsonNode narrowest = ranges.getFirst();
    List<ObjectNode> containers = ofTask(narrowest);
    if (narrowest.has("container") && !sized(containers.getFirst())) {
      ranges.stream()
          .map(range -> range.path("container"))
          .filter(ContainerTemplates::sized)
          .findFirst()
          .ifPresent(
              from ->
                  SIZES.stream()
                      .filter(from::has)
                      .forEach(size -> containers.getFirst().set(size, from.get(size))));
    }
    return containers;
  }

  private static boolean sized(JsonNode container) {
    return !container.path("resourceRequirements").isEmpty()
        || container.has("vcpus")
        || container.has("memory");
  }

  /** Those that hold a node, the narrowest first: that one is the node's. */
  private static List<JsonNode> rangesOf(JsonNode nodes, int node) {
    List<JsonNode> ranges = new ArrayList<>();
    nodes.path("nodeRangeProperties").forEach(ranges::add);
    return ranges.stream()
        .filter(range -> range(range).has(node))
        .sorted(Comparator.comparingInt(range -> range(range).to() - range(range).from()))
        .toList();
  }

  private static NodeRange range(JsonNode range) {
    return NodeRange.parse(range.get("targetNodes").asText()).orElseThrow();
  }

  private static List<ObjectNode> ofTask(JsonNode properties) {
    List<ObjectNode> containers = new ArrayList<>();
    JsonNode task = properties.path("ecsProperties").path("taskProperties").path(0);
    if (task.isMissingNode()) {
      if (properties.get("container") instanceof ObjectNode container && container.has("image")) {
        containers.add(container.deepCopy());
      }
      return containers;
    }
    for (JsonNode its : task.path("containers")) {
      ObjectNode container = its.deepCopy();
      TASK_MEMBERS.stream().filter(task::has).forEach(m -> container.set(m, task.get(m)));
      if (task.has("taskRoleArn")) {
        container.set("jobRoleArn", task.get("taskRoleArn"));
      }
      if (task.has("platformVersion")) {
        container
            .putObject("fargatePlatformConfiguration")
            .set("platformVersion", task.get("platformVersion"));
      }
      containers.add(container);
    }
    return containers;
  }
}
