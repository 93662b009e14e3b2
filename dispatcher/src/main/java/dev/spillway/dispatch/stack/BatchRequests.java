package dev.spillway.dispatch.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CloudFormation's PascalCase properties to the Batch API's request. The names are the API's but
 * for the first letter; types are mended, because CloudFormation takes {@code "1"} for 1 and 1 for
 * {@code "1"}.
 */
final class BatchRequests {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Their keys are the user's own and stay as they are. */
  private static final Set<String> MAPS_OF_THE_USER =
      Set.of("Tags", "Parameters", "Options", "DriverOpts", "Labels");

  private static final Set<String> INTEGERS =
      Set.of(
          "Priority",
          "Order",
          "MinvCpus",
          "MaxvCpus",
          "DesiredvCpus",
          "UnmanagedvCpus",
          "BidPercentage",
          "Attempts",
          "AttemptDurationSeconds",
          "SchedulingPriority",
          "SizeInGiB",
          "MaxTimeSeconds",
          "Vcpus",
          "Memory",
          "Size",
          "MaxSwap",
          "Swappiness",
          "SharedMemorySize",
          "NumNodes",
          "MainNode",
          "SoftLimit",
          "HardLimit",
          "MinScaleDownDelayMinutes");

  private static final Set<String> BOOLEANS =
      Set.of(
          "Privileged",
          "ReadonlyRootFilesystem",
          "InitProcessEnabled",
          "PropagateTags",
          "ReadOnly",
          "UpdateToLatestImageVersion",
          "EnableExecuteCommand",
          "Essential",
          "HostNetwork");

  private final Faults faults;
  private final String logicalId;

  BatchRequests(Faults faults, String logicalId) {
    this.faults = faults;
    this.logicalId = logicalId;
  }

  /** The request's members; unknown names and impossible types are faults. */
  ObjectNode object(String typeOrProperty, Map<String, Object> properties, String path) {
    Set<String> known = KnownProperties.of(typeOrProperty);
    ObjectNode node = JSON.objectNode();
    properties.forEach(
        (name, value) -> {
          if (!known.isEmpty() && !known.contains(name)) {
            faults.add(
                "%s.%s is not a property of %s; the nearest is %s"
                    .formatted(
                        logicalId,
                        path + name,
                        typeOrProperty,
                        KnownProperties.nearest(name, known)));
          } else if (!KnownProperties.BATCH_KEPT.contains(name)) {
            node.set(apiName(name), node(name, value, path + name));
          }
        });
    return node;
  }

  private JsonNode node(String name, Object value, String path) {
    return switch (value) {
      case Map<?, ?> map when MAPS_OF_THE_USER.contains(name) -> userMap(map);
      case Map<?, ?> map -> object(name, Template.asMap(map), path + ".");
      case List<?> list -> {
        ArrayNode items = JSON.arrayNode();
        list.forEach(item -> items.add(node(name, item, path)));
        yield items;
      }
      case null -> JSON.nullNode();
      default -> scalar(name, String.valueOf(value), path);
    };
  }

  private JsonNode scalar(String name, String text, String path) {
    if (INTEGERS.contains(name)) {
      if (text.matches("-?[0-9]{1,9}")) {
        return JSON.numberNode(Integer.parseInt(text));
      }
      faults.add(logicalId, path, "\"" + text + "\"", "it must be a whole number");
      return JSON.nullNode();
    }
    if (BOOLEANS.contains(name)) {
      if (text.equals("true") || text.equals("false")) {
        return JSON.booleanNode(Boolean.parseBoolean(text));
      }
      faults.add(logicalId, path, "\"" + text + "\"", "it must be true or false");
      return JSON.nullNode();
    }
    return JSON.textNode(text);
  }

  private static ObjectNode userMap(Map<?, ?> map) {
    ObjectNode node = JSON.objectNode();
    map.forEach((key, value) -> node.put(String.valueOf(key), String.valueOf(value)));
    return node;
  }

  private static String apiName(String name) {
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }
}
