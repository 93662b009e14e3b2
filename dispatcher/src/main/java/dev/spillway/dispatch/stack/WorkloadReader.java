package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.stack.Template.Resource;
import dev.spillway.lambda.function.FunctionConfiguration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Links the two forms of a workload: one function and one job definition with the same tag {@code
 * spillway:workload}. What a tag cannot hold stands in {@code Metadata.Spillway}.
 */
final class WorkloadReader {
  static final String TAG = "spillway:workload";

  /** Says that the program of a job definition understands packs. */
  static final String PACK_TAG = "spillway:pack";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Set<String> MEMBERS =
      Set.of("AcceptsReference", "Parameters", "InputSize", "Defaults");
  private static final Set<String> DEFAULTS =
      Set.of(
          "architecture",
          "disk",
          "expectedDuration",
          "gpus",
          "memory",
          "objective",
          "priority",
          "retryStrategy",
          "routes",
          "timeout",
          "vcpus");

  private record Function(Resource resource, FunctionConfiguration configuration) {}

  private record Definition(Resource resource, ObjectNode request) {}

  private final Faults faults;
  private final List<String> kept;
  private final Map<String, Function> functions = new TreeMap<>();
  private final Map<String, Definition> definitions = new TreeMap<>();

  WorkloadReader(Faults faults, List<String> kept) {
    this.faults = faults;
    this.kept = kept;
  }

  void function(Resource resource, FunctionConfiguration configuration) {
    String workload = configuration.tags().get(TAG);
    if (workload != null) {
      Function other = functions.putIfAbsent(workload, new Function(resource, configuration));
      refuseSecond("function", workload, other == null ? null : other.resource(), resource);
    }
  }

  void definition(Resource resource, ObjectNode request) {
    JsonNode workload = request.path("tags").path(TAG);
    if (workload.isTextual()) {
      Definition other =
          definitions.putIfAbsent(workload.textValue(), new Definition(resource, request));
      refuseSecond(
          "job definition",
          workload.textValue(),
          other == null ? null : other.resource(),
          resource);
    }
  }

  private void refuseSecond(String kind, String workload, Resource first, Resource second) {
    if (first != null) {
      faults.add(
          "%s and %s are both the %s of workload \"%s\"; a workload has one of each kind"
              .formatted(first.logicalId(), second.logicalId(), kind, workload));
    }
  }

  List<Workload> workloads() {
    Set<String> names = new java.util.TreeSet<>(functions.keySet());
    names.addAll(definitions.keySet());
    return names.stream().map(this::workload).toList();
  }

  private Workload workload(String name) {
    Function function = functions.get(name);
    Definition definition = definitions.get(name);
    Map<String, Object> spillway = new LinkedHashMap<>();
    if (function != null) {
      spillway.putAll(members(function.resource()));
    }
    if (definition != null) {
      spillway.putAll(members(definition.resource()));
    }
    Map<String, String> parameters = FunctionReader.texts(spillway.get("Parameters"));
    parameters.forEach(
        (parameter, path) -> {
          if (!path.startsWith("$.")) {
            faults.add(
                "workload \"%s\": parameter %s is %s; it must be a path into the payload, for example $.shop"
                    .formatted(name, parameter, path));
          }
        });
    return new Workload(
        name,
        Optional.ofNullable(function).map(f -> form(f, spillway)),
        Optional.ofNullable(definition).map(this::form),
        inputSize(name, spillway.get("InputSize")),
        parameters,
        withRetries(defaults(name, spillway.get("Defaults")), definition));
  }

  /**
   * One owner of retries: the definition's own strategy becomes the task's, unless the workload
   * says another. Batch's default for absent {@code attempts} is 1.
   */
  private static Map<String, Object> withRetries(
      Map<String, Object> defaults, Definition definition) {
    if (definition != null && definition.request().has("retryStrategy")) {
      ObjectNode strategy = ((ObjectNode) definition.request().get("retryStrategy")).deepCopy();
      if (!strategy.hasNonNull("attempts")) {
        strategy.put("attempts", 1);
      }
      defaults.putIfAbsent("retryStrategy", JSON.convertValue(strategy, Map.class));
    }
    return defaults;
  }

  private Optional<String> inputSize(String workload, Object given) {
    if (given != null && !String.valueOf(given).startsWith("$.")) {
      faults.add(
          "workload \"%s\": InputSize is %s; it must be a path into the payload, for example $.inputS3Uri"
              .formatted(workload, given));
    }
    return Optional.ofNullable(given).map(String::valueOf);
  }

  private Map<String, Object> members(Resource resource) {
    Map<String, Object> members = Template.asMap(resource.metadata().get("Spillway"));
    members
        .keySet()
        .forEach(
            member -> {
              if (!MEMBERS.contains(member)) {
                faults.add(
                    "%s.Metadata.Spillway.%s is not known; known are %s"
                        .formatted(resource.logicalId(), member, new java.util.TreeSet<>(MEMBERS)));
              }
            });
    return members;
  }

  private Map<String, Object> defaults(String workload, Object given) {
    Map<String, Object> defaults = camelCase(Template.asMap(given));
    defaults
        .keySet()
        .forEach(
            field -> {
              if (!DEFAULTS.contains(field)) {
                faults.add(
                    "workload \"%s\": Defaults.%s is not a field of a task that can have a default; known are %s"
                        .formatted(workload, field, new java.util.TreeSet<>(DEFAULTS)));
              }
            });
    return defaults;
  }

  private static Map<String, Object> camelCase(Map<String, Object> map) {
    Map<String, Object> result = new LinkedHashMap<>();
    map.forEach(
        (name, value) ->
            result.put(
                Character.toLowerCase(name.charAt(0)) + name.substring(1), camelCased(value)));
    return result;
  }

  private static Object camelCased(Object value) {
    return switch (value) {
      case Map<?, ?> map -> camelCase(Template.asMap(map));
      case List<?> list -> {
        List<Object> items = new ArrayList<>();
        list.forEach(item -> items.add(camelCased(item)));
        yield items;
      }
      case null, default -> value;
    };
  }

  private static Workload.FunctionForm form(Function function, Map<String, Object> spillway) {
    FunctionConfiguration configuration = function.configuration();
    return new Workload.FunctionForm(
        configuration.functionName(),
        configuration.timeout(),
        configuration.memorySize(),
        configuration.ephemeralStorage(),
        configuration.architecture(),
        "zip",
        "true".equals(String.valueOf(spillway.get("AcceptsReference"))),
        configuration.reservedConcurrency());
  }

  private Workload.JobForm form(Definition definition) {
    ObjectNode request = definition.request();
    JsonNode container = request.path("containerProperties");
    JsonNode timeout = request.path("timeout").path("attemptDurationSeconds");
    return new Workload.JobForm(
        request.path("jobDefinitionName").asText(),
        container.path("image").asText(""),
        requirement(container, "VCPU", 1),
        (long) requirement(container, "MEMORY", 2048),
        (int) requirement(container, "GPU", 0),
        container.path("privileged").asBoolean(false),
        request.path("nodeProperties").path("numNodes").asInt(1),
        timeout.isInt() ? Optional.of(timeout.intValue()) : Optional.empty(),
        packs(definition),
        platforms(request));
  }

  /** Batch takes it to be for EC2 when it says nothing. */
  private static List<String> platforms(ObjectNode request) {
    List<String> given = new ArrayList<>();
    request.path("platformCapabilities").forEach(platform -> given.add(platform.asText()));
    return given.isEmpty() ? List.of("EC2") : given;
  }

  private boolean packs(Definition definition) {
    String id = definition.resource().logicalId();
    String said = definition.request().path("tags").path(PACK_TAG).asText("false");
    if (!said.equals("true") && !said.equals("false")) {
      faults.add(
          "%s: the tag %s is \"%s\"; it must be \"true\" or \"false\""
              .formatted(id, PACK_TAG, said));
    }
    boolean packs = said.equals("true");
    if (packs && definition.request().has("nodeProperties")) {
      faults.add(
          "%s has the tag %s and nodeProperties; a multi-node job cannot be part of an array, so leave out the tag"
              .formatted(id, PACK_TAG));
    }
    return packs;
  }

  private static double requirement(JsonNode container, String type, double standard) {
    for (JsonNode requirement : container.path("resourceRequirements")) {
      if (requirement.path("type").asText().equals(type)) {
        return requirement.path("value").asDouble(standard);
      }
    }
    return standard;
  }
}
