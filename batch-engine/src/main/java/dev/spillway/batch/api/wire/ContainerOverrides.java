package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Merges what SubmitJob says of a container into the definition's. Source: ContainerOverrides,
 * TaskContainerOverrides, EcsPropertiesOverride.
 */
final class ContainerOverrides {
  private static final int MAX_BYTES = 8192;

  private ContainerOverrides() {}

  /** Changes {@code container}, which is of any kind but a pod's. */
  static void merge(ObjectNode container, Members overrides, Platform platform) {
    if (Json.size(overrides.json()) > MAX_BYTES) {
      throw BatchApiException.client("Container Overrides length must be at most 8192");
    }
    mergeSizes(container, overrides, platform);
    mergeCommand(container, overrides, "command");
    ContainerMembers.checkEnvironment(overrides, "environment");
    mergeEnvironment(container, overrides, "environment");
    overrides.text("instanceType").ifPresent(type -> container.put("instanceType", type));
  }

  /** Changes {@code ecs}, whose containers the overrides name. */
  static void mergeTask(ObjectNode ecs, Members overrides, Platform platform) {
    List<Members> tasks = overrides.anyObjects("taskProperties");
    if (tasks.size() > 1) {
      throw PrefixedRefusal.of(
          "%s has %d elements; the maximum is 1."
              .formatted(overrides.path("taskProperties"), tasks.size()));
    }
    ArrayNode containers = (ArrayNode) ecs.get("taskProperties").get(0).get("containers");
    for (Members task : tasks) {
      for (Members override : task.anyObjects("containers")) {
        merge(named(containers, override, "", "name"), override, platform);
      }
    }
  }

  /**
   * The container that an override is for. One without a name is for the only container.
   *
   * @param standard the name of a container that was given none
   */
  static ObjectNode named(
      ArrayNode containers, Members override, String standard, String nameMember) {
    Optional<String> name = override.text(nameMember).filter(n -> !n.isEmpty());
    if (name.isEmpty() && containers.size() == 1) {
      return (ObjectNode) containers.get(0);
    }
    String wanted = name.orElse(standard);
    for (JsonNode container : containers) {
      if (container.path(nameMember).asText(standard).equals(wanted)) {
        return (ObjectNode) container;
      }
    }
    throw BatchApiException.client(
        "%s is %s, which is no container of the job definition."
            .formatted(override.path(nameMember), wanted.isEmpty() ? "absent" : wanted));
  }

  /** An empty list changes nothing; an empty argument is refused. */
  static void mergeCommand(ObjectNode container, Members overrides, String member) {
    ContainerMembers.checkCommand(overrides, member);
    List<String> command = overrides.texts(member);
    if (command.contains("")) {
      throw PrefixedRefusal.of(overrides.path(member) + " should not hold an empty string.");
    }
    if (!command.isEmpty()) {
      container.set(member, overrides.json().get(member).deepCopy());
    }
  }

  static void mergeEnvironment(ObjectNode container, Members overrides, String member) {
    if (!overrides.says(member)) {
      return;
    }
    Map<String, JsonNode> byName = new LinkedHashMap<>();
    container.path(member).forEach(v -> byName.put(v.get("name").textValue(), v));
    for (Members variable : overrides.anyObjects(member)) {
      byName.put(variable.requiredText("name"), variable.json());
    }
    container.putArray(member).addAll(byName.values());
  }

  private static void mergeSizes(ObjectNode container, Members overrides, Platform platform) {
    Map<String, JsonNode> requirements = new LinkedHashMap<>();
    container
        .path("resourceRequirements")
        .forEach(r -> requirements.put(r.get("type").textValue(), r));
    deprecated(container, overrides, "vcpus", requirements.containsKey("VCPU"), platform);
    deprecated(container, overrides, "memory", requirements.containsKey("MEMORY"), platform);
    ResourceRequirementMembers.byType(overrides);
    for (Members requirement : overrides.anyObjects("resourceRequirements")) {
      requirements.put(requirement.requiredText("type"), requirement.json());
    }
    if (!requirements.isEmpty()) {
      container.putArray("resourceRequirements").addAll(requirements.values());
    }
  }

  private static void deprecated(
      ObjectNode container, Members overrides, String member, boolean required, Platform platform) {
    Optional<Integer> value = overrides.integer(member);
    if (value.isEmpty()) {
      return;
    }
    if (platform == Platform.FARGATE) {
      throw BatchApiException.client(
          member + " is not applicable for Fargate. Use resource requirements instead.");
    }
    if (required) {
      throw BatchApiException.client(
          "This value was submitted in a deprecated key and may conflict with the value provided"
              + " by the job definition's resource requirements.");
    }
    container.put(member, value.get());
  }
}
