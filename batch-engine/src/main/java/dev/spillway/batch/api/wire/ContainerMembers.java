package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks {@code containerProperties}, merges {@code containerOverrides} into them, and reads the
 * sizes. Members that would change what runs and that this version does not have are refused; those
 * without meaning on this host are kept and answered.
 */
public final class ContainerMembers {
  private static final Pattern REF = Pattern.compile("Ref::([a-zA-Z0-9_-]+)");
  private static final int OVERRIDES_MAX_BYTES = 8192;
  private static final List<String> EMPTY_LISTS =
      List.of(
          "command",
          "volumes",
          "environment",
          "mountPoints",
          "ulimits",
          "resourceRequirements",
          "secrets");
  private static final String[] KNOWN = {
    "image",
    "vcpus",
    "memory",
    "command",
    "jobRoleArn",
    "executionRoleArn",
    "volumes",
    "environment",
    "mountPoints",
    "readonlyRootFilesystem",
    "privileged",
    "ulimits",
    "user",
    "instanceType",
    "resourceRequirements",
    "linuxParameters",
    "logConfiguration",
    "secrets",
    "networkConfiguration",
    "fargatePlatformConfiguration",
    "enableExecuteCommand",
    "ephemeralStorage",
    "runtimePlatform",
    "repositoryCredentials"
  };

  private ContainerMembers() {}

  /**
   * What a container is given.
   *
   * @param vcpuMillis thousandths of a vCPU
   */
  public record Size(int vcpuMillis, int memoryMib) {}

  /** The checked members of {@code containerProperties} of a request. */
  public static ObjectNode properties(Members request, boolean fargate, boolean allowPrivileged) {
    Members container =
        request
            .object("containerProperties", KNOWN)
            .orElseThrow(
                () -> PrefixedRefusal.of("containerProperties is required for type container."));
    if (container.text("image").filter(i -> !i.isEmpty()).isEmpty()) {
      throw PrefixedRefusal.of("ECS Container Image must be provided.");
    }
    refuseUnsupported(container);
    ProcessTexts.checkAll(container.path("command"), container.texts("command"));
    checkEnvironment(container);
    container
        .text("user")
        .ifPresent(
            user -> {
              if (!user.matches("[a-z0-9_][a-z0-9_-]{0,30}(:[a-z0-9_][a-z0-9_-]{0,30})?")) {
                throw PrefixedRefusal.of("User '%s' does not match regex".formatted(user));
              }
            });
    container.bool("readonlyRootFilesystem");
    boolean privileged = container.bool("privileged").orElse(false);
    if (privileged && fargate) {
      throw PrefixedRefusal.of("privileged is not applicable for Fargate.");
    }
    if (privileged && !allowPrivileged) {
      throw PrefixedRefusal.of(
          "containerProperties.privileged is true, but this server does not allow privileged"
              + " containers; its settings decide that.");
    }
    checkPlatform(container, fargate);
    requirements(container, "resourceRequirements");
    size(container.json(), fargate);
    return container.json().deepCopy();
  }

  private static void refuseUnsupported(Members container) {
    for (String member :
        List.of("volumes", "mountPoints", "ulimits", "secrets", "repositoryCredentials")) {
      if (container.says(member)) {
        throw PrefixedRefusal.unsupported(container.path(member));
      }
    }
    container
        .anyObject("linuxParameters")
        .ifPresent(
            linux -> {
              for (Map.Entry<String, JsonNode> entry : linux.json().properties()) {
                boolean says =
                    !entry.getValue().isNull()
                        && !(entry.getValue().isContainerNode() && entry.getValue().isEmpty());
                if (says) {
                  throw PrefixedRefusal.unsupported(linux.path(entry.getKey()));
                }
              }
            });
    container
        .object("logConfiguration", "logDriver", "options", "secretOptions")
        .ifPresent(
            log -> {
              if (!log.requiredText("logDriver").equals("awslogs")) {
                throw PrefixedRefusal.unsupported(
                    log.path("logDriver") + " " + log.requiredText("logDriver"));
              }
              if (log.says("secretOptions")) {
                throw PrefixedRefusal.unsupported(log.path("secretOptions"));
              }
            });
  }

  private static void checkPlatform(Members container, boolean fargate) {
    if (fargate) {
      if (!container.says("executionRoleArn")) {
        throw PrefixedRefusal.of("executionRoleArn is required for Fargate jobs.");
      }
      for (String member : List.of("vcpus", "memory", "instanceType")) {
        if (container.has(member)) {
          throw PrefixedRefusal.of(member + " is not applicable for Fargate.");
        }
      }
      return;
    }
    for (String member : List.of("networkConfiguration", "fargatePlatformConfiguration")) {
      if (container.has(member)) {
        throw PrefixedRefusal.of(member + " not applicable for EC2.");
      }
    }
    if (container.has("runtimePlatform")) {
      throw PrefixedRefusal.of("runtimePlatform is not applicable for EC2.");
    }
  }

  private static void checkEnvironment(Members container) {
    for (Members variable : container.objects("environment", "name", "value")) {
      String name = ProcessTexts.variableName(variable);
      variable.text("value").ifPresent(v -> ProcessTexts.check(variable.path("value"), v));
      if (name.startsWith("AWS_BATCH")) {
        throw PrefixedRefusal.of(
            "Environment variable %s begins with AWS_BATCH, which is reserved.".formatted(name));
      }
    }
  }

  /** By type; a type that comes twice, or GPU, is refused. */
  private static Map<String, String> requirements(Members container, String member) {
    Map<String, String> found = new LinkedHashMap<>();
    for (Members requirement : container.objects(member, "type", "value")) {
      requirement.requiredText("type");
      String type = requirement.oneOf("type", List.of("VCPU", "MEMORY", "GPU")).get();
      if (type.equals("GPU")) {
        throw PrefixedRefusal.unsupported("A resource requirement of type GPU");
      }
      if (found.put(type, requirement.requiredText("value")) != null) {
        throw PrefixedRefusal.of("Cannot provide duplicates in resourceRequirements.");
      }
    }
    return found;
  }

  /** Checks and reads vCPU and memory. Source: ResourceRequirement. */
  public static Size size(ObjectNode container, boolean fargate) {
    Members members = Members.of(container, KNOWN);
    Map<String, String> requirements = requirements(members, "resourceRequirements");
    BigDecimal vcpus =
        Optional.ofNullable(requirements.get("VCPU"))
            .map(value -> number("VCPU", value))
            .or(() -> members.integer("vcpus").map(BigDecimal::valueOf))
            .orElseThrow(() -> PrefixedRefusal.of("vCPU is not provided."));
    BigDecimal memory =
        Optional.ofNullable(requirements.get("MEMORY"))
            .map(value -> number("MEMORY", value))
            .or(() -> members.integer("memory").map(BigDecimal::valueOf))
            .orElseThrow(() -> PrefixedRefusal.of("Memory is not provided."));
    if (memory.stripTrailingZeros().scale() > 0
        || memory.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) > 0) {
      throw PrefixedRefusal.of(
          "MEMORY is %s; it should be a whole number of MiB.".formatted(memory.toPlainString()));
    }
    int mib = memory.intValueExact();
    if (fargate) {
      if (!FargateSizes.valid(vcpus, mib)) {
        throw PrefixedRefusal.of(
            "Fargate resource requirements (%s vCPU, %d MiB) not valid."
                .formatted(vcpus.toPlainString(), mib));
      }
    } else {
      if (vcpus.compareTo(BigDecimal.ONE) < 0
          || vcpus.stripTrailingZeros().scale() > 0
          || vcpus.compareTo(BigDecimal.valueOf(1_000_000)) > 0) {
        throw PrefixedRefusal.of(
            "vCPU must be at least 1, got %s.".formatted(vcpus.toPlainString()));
      }
      if (mib < 4) {
        throw PrefixedRefusal.of("Memory must be at least 4 Mib, got %d Mib.".formatted(mib));
      }
    }
    return new Size(vcpus.movePointRight(3).intValueExact(), mib);
  }

  private static BigDecimal number(String type, String value) {
    try {
      return new BigDecimal(value.strip());
    } catch (NumberFormatException _) {
      throw PrefixedRefusal.of(
          "The value of %s is %s; it should be a number.".formatted(type, value));
    }
  }

  /** Merges a request's {@code containerOverrides} over a definition's container. */
  public static ObjectNode merge(ObjectNode container, Members request, boolean fargate) {
    ObjectNode merged = container.deepCopy();
    Optional<Members> given =
        request.object(
            "containerOverrides",
            "vcpus",
            "memory",
            "command",
            "instanceType",
            "environment",
            "resourceRequirements");
    if (given.isEmpty()) {
      return merged;
    }
    Members overrides = given.get();
    if (Json.size(overrides.json()) > OVERRIDES_MAX_BYTES) {
      throw BatchApiException.client("Container Overrides length must be at most 8192");
    }
    mergeSizes(merged, overrides, fargate);
    if (overrides.has("command")) {
      List<String> command = overrides.texts("command");
      ProcessTexts.checkAll(overrides.path("command"), command);
      if (command.contains("")) {
        throw PrefixedRefusal.of("containerOverrides.command should not hold an empty string.");
      }
      if (!command.isEmpty()) {
        merged.set("command", overrides.json().get("command").deepCopy());
      }
    }
    checkEnvironment(overrides);
    mergeEnvironment(merged, overrides);
    overrides.text("instanceType").ifPresent(type -> merged.put("instanceType", type));
    return merged;
  }

  private static void mergeSizes(ObjectNode merged, Members overrides, boolean fargate) {
    Map<String, String> requirements = new LinkedHashMap<>();
    merged
        .path("resourceRequirements")
        .forEach(r -> requirements.put(r.get("type").textValue(), r.get("value").textValue()));
    for (Map.Entry<String, String> deprecated :
        Map.of("vcpus", "VCPU", "memory", "MEMORY").entrySet()) {
      Optional<Integer> value = overrides.integer(deprecated.getKey());
      if (value.isEmpty()) {
        continue;
      }
      if (fargate) {
        throw BatchApiException.client(
            deprecated.getKey()
                + " is not applicable for Fargate. Use resource requirements instead.");
      }
      if (requirements.containsKey(deprecated.getValue())) {
        throw BatchApiException.client(
            "This value was submitted in a deprecated key and may conflict with the value provided"
                + " by the job definition's resource requirements.");
      }
      merged.put(deprecated.getKey(), value.get());
    }
    requirements.putAll(requirements(overrides, "resourceRequirements"));
    ArrayNode list = merged.putArray("resourceRequirements");
    requirements.forEach((type, value) -> list.addObject().put("value", value).put("type", type));
  }

  private static void mergeEnvironment(ObjectNode merged, Members overrides) {
    Map<String, JsonNode> byName = new LinkedHashMap<>();
    merged.path("environment").forEach(v -> byName.put(v.get("name").textValue(), v));
    for (Members variable : overrides.objects("environment", "name", "value")) {
      byName.put(variable.requiredText("name"), variable.json());
    }
    merged.putArray("environment").addAll(byName.values());
  }

  /** Puts parameters for {@code Ref::name} in the command. */
  public static void substitute(ObjectNode container, ObjectNode parameters) {
    JsonNode command = container.get("command");
    if (command == null || command.isNull()) {
      return;
    }
    ArrayNode substituted = container.arrayNode();
    for (JsonNode element : command) {
      Matcher refs = REF.matcher(element.textValue());
      substituted.add(
          refs.replaceAll(
              ref -> {
                JsonNode value = parameters.get(ref.group(1));
                if (value == null) {
                  throw BatchApiException.client(
                      "Unable to substitute value. No parameter found for reference "
                          + ref.group(1));
                }
                ProcessTexts.check("parameters." + ref.group(1), value.textValue());
                return Matcher.quoteReplacement(value.textValue());
              }));
    }
    container.set("command", substituted);
  }

  /** The lists that AWS answers as {@code []} when they are empty. */
  public static ObjectNode withEmptyLists(ObjectNode container) {
    for (String list : EMPTY_LISTS) {
      if (!container.hasNonNull(list)) {
        container.putArray(list);
      }
    }
    return container;
  }
}
