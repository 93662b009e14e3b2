package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks a RegisterJobDefinition. Source: API RegisterJobDefinition, and the messages of the real
 * service.
 */
public final class JobDefinitionMembers {
  private static final int MAX_BYTES = 24 * 1024;
  private static final List<String> KINDS =
      List.of("containerProperties", "ecsProperties", "eksProperties");

  private JobDefinitionMembers() {}

  /**
   * A checked request.
   *
   * @param detail the members that are kept and answered
   */
  public record Checked(String name, boolean fargate, ObjectNode detail) {}

  public static Checked check(ObjectNode json, boolean allowPrivileged) {
    if (Json.size(json) > MAX_BYTES) {
      throw PrefixedRefusal.of(
          "The job definition has %d bytes; the maximum is %d."
              .formatted(Json.size(json), MAX_BYTES));
    }
    Members request = Shapes.read("RegisterJobDefinition", json);
    String name =
        request.name("jobDefinitionName", "Job definition name should match a valid pattern.");
    Platform platform = Platform.of(request);
    ObjectNode detail = Json.object().put("type", request.requiredText("type"));
    priority(request, "schedulingPriority");
    detail.set("parameters", request.map("parameters"));
    RetryMembers.retryStrategy(request).ifPresent(s -> detail.set("retryStrategy", s));
    if (request.requiredText("type").equals("multinode")) {
      nodes(request, platform, allowPrivileged);
    } else {
      single(request, platform, allowPrivileged);
    }
    RetryMembers.timeout(request).ifPresent(t -> detail.set("timeout", t));
    request.anyObject("consumableResourceProperties").ifPresent(ConsumableMembers::check);
    for (String member :
        List.of(
            "schedulingPriority",
            "containerProperties",
            "ecsProperties",
            "eksProperties",
            "nodeProperties",
            "consumableResourceProperties")) {
      if (request.has(member)) {
        detail.set(member, request.json().get(member));
      }
    }
    detail.set("tags", request.tags());
    detail.put("propagateTags", request.bool("propagateTags").orElse(false));
    detail.putArray("platformCapabilities");
    if (!pods(detail)) {
      detail.withArray("platformCapabilities").add(platform.name());
    }
    return new Checked(name, platform == Platform.FARGATE, detail);
  }

  /** Checks a scheduling priority. */
  static void priority(Members request, String member) {
    request
        .integer(member)
        .filter(priority -> priority < 0 || priority > 9999)
        .ifPresent(
            _ -> {
              throw PrefixedRefusal.of("Scheduling priority must be between 0 and 9999.");
            });
  }

  private static void nodes(Members request, Platform platform, boolean allowPrivileged) {
    Members nodes =
        request
            .anyObject("nodeProperties")
            .orElseThrow(() -> PrefixedRefusal.of("Node properties of multinode job is required."));
    for (String kind : KINDS) {
      if (request.says(kind)) {
        throw PrefixedRefusal.of(
            kind + " is not applicable for multinode jobs; node ranges hold the containers.");
      }
    }
    NodeMembers.check(nodes, platform, allowPrivileged);
  }

  private static void single(Members request, Platform platform, boolean allowPrivileged) {
    if (request.says("nodeProperties")) {
      throw PrefixedRefusal.of("nodeProperties is only applicable for multinode jobs.");
    }
    List<String> given = new ArrayList<>(KINDS);
    given.removeIf(kind -> !request.has(kind));
    if (given.isEmpty()) {
      throw PrefixedRefusal.of(
          "One of containerProperties, ecsProperties and eksProperties is required for type"
              + " container.");
    }
    if (given.size() > 1) {
      throw PrefixedRefusal.of(
          "Cannot use both %s%s and %s"
              .formatted(
                  given.getFirst().equals("containerProperties") ? "ECS " : "",
                  given.get(0),
                  given.get(1)));
    }
    request
        .anyObject("containerProperties")
        .ifPresent(
            container -> {
              Task task = ContainerMembers.check(container, platform, allowPrivileged);
              ResourceRequirementMembers.alone(container, platform, task.windows());
            });
    request
        .anyObject("ecsProperties")
        .ifPresent(ecs -> EcsMembers.check(ecs, platform, allowPrivileged));
    if (request.has("eksProperties")) {
      for (String member : List.of("platformCapabilities", "propagateTags")) {
        if (request.says(member)) {
          throw PrefixedRefusal.of(member + " is not applicable for EKS.");
        }
      }
      EksMembers.check(request.anyObject("eksProperties").get(), allowPrivileged);
    }
  }

  /** Whether a definition's containers are pods, in one node or in several. */
  static boolean pods(ObjectNode detail) {
    return detail.has("eksProperties")
        || detail.path("nodeProperties").path("nodeRangeProperties").path(0).has("eksProperties");
  }

  /** The definition as DescribeJobDefinitions has it, with the lists that are never absent. */
  public static ObjectNode answer(ObjectNode detail) {
    if (detail.get("containerProperties") instanceof ObjectNode container) {
      ContainerMembers.putEmptyLists(container);
    }
    if (detail.get("ecsProperties") instanceof ObjectNode ecs) {
      EcsMembers.putEmptyLists(ecs);
    }
    if (detail.get("nodeProperties") instanceof ObjectNode nodes) {
      NodeMembers.putEmptyLists(nodes);
    }
    return detail.put("containerOrchestrationType", pods(detail) ? "EKS" : "ECS");
  }
}
