package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import java.util.List;
import java.util.Optional;

/**
 * Merges what SubmitJob says of a pod into the definition's. Source: EksPropertiesOverride,
 * EksContainerOverride.
 */
final class PodOverrides {
  private PodOverrides() {}

  /** Changes {@code eks}; maps are merged by key. */
  static void merge(ObjectNode eks, Members overrides) {
    Optional<Members> given = overrides.anyObject("podProperties");
    if (given.isEmpty()) {
      return;
    }
    ObjectNode pod = (ObjectNode) eks.get("podProperties");
    for (String list : List.of("containers", "initContainers")) {
      for (Members override : given.get().anyObjects(list)) {
        container(containers(pod, list, override), override);
      }
    }
    given
        .get()
        .anyObject("metadata")
        .ifPresent(
            metadata -> {
              ObjectNode own = pod.withObject("/metadata");
              mergeMap(own, metadata, "labels");
              mergeMap(own, metadata, "annotations");
              metadata.text("namespace").ifPresent(name -> own.put("namespace", name));
            });
  }

  private static ObjectNode containers(ObjectNode pod, String list, Members override) {
    if (!(pod.get(list) instanceof ArrayNode containers)) {
      throw BatchApiException.client(
          "%s is overridden, but the job definition has no %s."
              .formatted(override.path("name"), list));
    }
    return ContainerOverrides.named(containers, override, "Default", "name");
  }

  private static void container(ObjectNode container, Members override) {
    override.text("image").filter(i -> !i.isEmpty()).ifPresent(i -> container.put("image", i));
    ContainerOverrides.mergeCommand(container, override, "command");
    ContainerOverrides.mergeCommand(container, override, "args");
    ContainerMembers.checkEnvironment(override, "env");
    ContainerOverrides.mergeEnvironment(container, override, "env");
    override
        .anyObject("resources")
        .ifPresent(
            resources -> {
              ObjectNode own = container.withObject("/resources");
              mergeMap(own, resources, "limits");
              mergeMap(own, resources, "requests");
            });
  }

  private static void mergeMap(ObjectNode own, Members given, String member) {
    if (given.says(member)) {
      own.withObject("/" + member).setAll(given.map(member));
    }
  }
}
