package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.api.wire.ResourceRequirementMembers.Size;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Checks {@code eksProperties}. Source: EksPodProperties, EksContainer. */
final class EksMembers {
  private static final BigDecimal QUARTER = new BigDecimal("0.25");
  private static final List<String> KINDS =
      List.of("hostPath", "emptyDir", "secret", "persistentVolumeClaim");

  private EksMembers() {}

  static void check(Members eks, boolean allowPrivileged) {
    Members pod =
        eks.anyObject("podProperties")
            .orElseThrow(() -> PrefixedRefusal.of(eks.path("podProperties") + " is required."));
    List<Members> containers = pod.anyObjects("containers");
    List<Members> initial = pod.anyObjects("initContainers");
    if (containers.isEmpty() || containers.size() > 10) {
      throw PrefixedRefusal.of("Number of containers must be between 1 and 10");
    }
    if (initial.size() > 10) {
      throw PrefixedRefusal.of("Number of initContainers must be between 0 and 10");
    }
    Set<String> volumes = new HashSet<>();
    for (Members volume : pod.anyObjects("volumes")) {
      if (KINDS.stream().filter(volume::has).count() != 1) {
        throw PrefixedRefusal.of(
            "%s should have exactly one of %s.".formatted(volume.path("name"), KINDS));
      }
      if (!volumes.add(volume.requiredText("name"))) {
        throw PrefixedRefusal.of(
            "Volume name %s is given twice.".formatted(volume.requiredText("name")));
      }
      volume.anyObject("emptyDir").ifPresent(dir -> dir.oneOf("medium", List.of("", "Memory")));
    }
    Set<String> names = new HashSet<>();
    Stream.concat(containers.stream(), initial.stream())
        .forEach(
            container -> {
              if (!names.add(name(container))) {
                throw PrefixedRefusal.of(
                    "Container name %s is given twice.".formatted(name(container)));
              }
              container(container, volumes, allowPrivileged);
            });
    containers.forEach(EksMembers::size);
    initial.stream().filter(c -> c.says("resources")).forEach(EksMembers::size);
    pod.anyObject("metadata")
        .flatMap(metadata -> metadata.text("namespace"))
        .ifPresent(namespace -> Namespaces.check("namespace", namespace));
  }

  /** Source: EksContainer.name, whose default is {@code Default}. */
  static String name(Members container) {
    return container.text("name").orElse("Default");
  }

  private static void container(Members container, Set<String> volumes, boolean allowPrivileged) {
    container.requiredText("image");
    ContainerMembers.checkCommand(container, "command");
    ContainerMembers.checkCommand(container, "args");
    ContainerMembers.checkEnvironment(container, "env");
    for (Members mount : container.anyObjects("volumeMounts")) {
      String volume = mount.requiredText("name");
      if (!volumes.contains(volume)) {
        throw PrefixedRefusal.of(
            "%s is %s, which is no volume of this job definition."
                .formatted(mount.path("name"), volume));
      }
      mount.requiredText("mountPath");
    }
    container
        .anyObject("securityContext")
        .filter(security -> security.bool("privileged").orElse(false))
        .ifPresent(
            security ->
                ContainerMembers.checkPrivileged(security.path("privileged"), allowPrivileged));
  }

  /** What the pod's containers ask for together. */
  static Size podSize(ObjectNode eks) {
    Size size = Size.NONE;
    Members pod = Members.unchecked(eks).anyObject("podProperties").orElseThrow();
    for (Members container : pod.anyObjects("containers")) {
      size = size.and(size(container));
    }
    return size;
  }

  private static Size size(Members container) {
    Members resources = container.anyObject("resources").orElseGet(() -> Members.of(Json.object()));
    Map<String, String> limits = texts(resources, "limits");
    Map<String, String> requests = texts(resources, "requests");
    int memory = equal(limits, requests, "memory", "[1-9][0-9]{0,9}Mi", "whole with the suffix Mi");
    if (memory < 4) {
      throw PrefixedRefusal.of("Memory must be at least 4 Mib, got %d Mib.".formatted(memory));
    }
    int gpus =
        limits.containsKey("nvidia.com/gpu") || requests.containsKey("nvidia.com/gpu")
            ? equal(limits, requests, "nvidia.com/gpu", "[1-9][0-9]{0,5}", "a whole number")
            : 0;
    return new Size(cpu(limits, requests), memory, gpus);
  }

  private static Map<String, String> texts(Members resources, String member) {
    Map<String, String> texts = new LinkedHashMap<>();
    resources
        .map(member)
        .properties()
        .forEach(
            entry -> {
              if (!List.of("cpu", "memory", "nvidia.com/gpu").contains(entry.getKey())) {
                throw PrefixedRefusal.of(
                    "%s has %s; valid are [cpu, memory, nvidia.com/gpu]."
                        .formatted(resources.path(member), entry.getKey()));
              }
              texts.put(entry.getKey(), entry.getValue().textValue());
            });
    return texts;
  }

  private static int equal(
      Map<String, String> limits,
      Map<String, String> requests,
      String name,
      String pattern,
      String words) {
    String limit = limits.getOrDefault(name, requests.get(name));
    if (limit == null) {
      throw PrefixedRefusal.of("%s is required in resources.".formatted(name));
    }
    if (!limit.matches(pattern)) {
      throw PrefixedRefusal.of("%s is %s; it should be %s.".formatted(name, limit, words));
    }
    if (!limit.equals(requests.getOrDefault(name, limit))) {
      throw PrefixedRefusal.of(
          "%s is %s in limits and %s in requests; they should be equal."
              .formatted(name, limit, requests.get(name)));
    }
    return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(limit.replace("Mi", "")));
  }

  private static int cpu(Map<String, String> limits, Map<String, String> requests) {
    BigDecimal limit =
        Optional.ofNullable(limits.get("cpu")).map(EksMembers::quarters).orElse(null);
    BigDecimal request =
        Optional.ofNullable(requests.get("cpu")).map(EksMembers::quarters).orElse(limit);
    if (request == null) {
      throw PrefixedRefusal.of("cpu is required in resources.");
    }
    if (limit != null && limit.compareTo(request) < 0) {
      throw PrefixedRefusal.of(
          "cpu is %s in limits and %s in requests; the limit should not be smaller."
              .formatted(limits.get("cpu"), requests.get("cpu")));
    }
    return request.movePointRight(3).intValueExact();
  }

  private static BigDecimal quarters(String text) {
    if (!text.matches("[0-9]{1,6}(\\.[0-9]{1,6})?")
        || new BigDecimal(text).remainder(QUARTER).signum() != 0
        || new BigDecimal(text).signum() == 0) {
      throw PrefixedRefusal.of("cpu is %s; it should be a multiple of 0.25.".formatted(text));
    }
    return new BigDecimal(text);
  }
}
