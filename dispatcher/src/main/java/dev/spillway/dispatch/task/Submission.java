package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.routing.Workload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One request to submit, read and checked as a whole: a single document, or {@code {"tasks": […]}}
 * whose tasks may name each other.
 */
final class Submission {
  private static final int MOST_TASKS = 1_000;

  /**
   * One task of it.
   *
   * @param path where it stands, {@code tasks[2].}; empty for a single document
   * @param hash of the document as it came, without its idempotency key
   */
  record Item(String path, TaskDocument document, Optional<Workload> workload, String hash) {}

  private final List<Item> items = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final boolean many;

  private Submission(boolean many) {
    this.many = many;
  }

  /**
   * Reads a request.
   *
   * @param headerKey the header Idempotency-Key
   * @param workloads finds a workload
   * @throws RefusedException with every fault
   */
  static Submission read(
      JsonNode body, Optional<String> headerKey, Function<String, Optional<Workload>> workloads) {
    if (!(body instanceof ObjectNode object)) {
      throw RefusedException.invalid(
          "",
          Members.shown(body),
          "The body is not an object. Send a task document, or {\"tasks\": […]}.");
    }
    var submission = new Submission(object.has("tasks"));
    if (submission.many) {
      submission.readMany(object, headerKey, workloads);
    } else {
      submission.readOne(keyed(object, headerKey), "", workloads);
    }
    submission.checkNames();
    if (!submission.faults.isEmpty()) {
      throw new RefusedException(submission.faults);
    }
    return submission;
  }

  boolean many() {
    return many;
  }

  List<Item> items() {
    return items;
  }

  private static ObjectNode keyed(ObjectNode object, Optional<String> headerKey) {
    if (headerKey.isEmpty()) {
      return object;
    }
    JsonNode own = object.get("idempotencyKey");
    if (own != null && !own.asText().equals(headerKey.get())) {
      throw RefusedException.invalid(
          "idempotencyKey",
          own.asText(),
          "idempotencyKey: differs from the header Idempotency-Key. Give one, or the same twice.");
    }
    return object.deepCopy().put("idempotencyKey", headerKey.get());
  }

  private void readMany(
      ObjectNode object,
      Optional<String> headerKey,
      Function<String, Optional<Workload>> workloads) {
    if (headerKey.isPresent()) {
      throw RefusedException.invalid(
          "idempotencyKey",
          headerKey.get(),
          "idempotencyKey: a header cannot name several tasks. Give each task its own in the document.");
    }
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.equals("tasks")) {
                faults.add(
                    new Fault(
                        name,
                        "",
                        name + ": nothing may stand beside tasks. Put it into each task."));
              }
            });
    JsonNode tasks = object.get("tasks");
    if (!tasks.isArray() || tasks.isEmpty() || tasks.size() > MOST_TASKS) {
      faults.add(
          new Fault(
              "tasks",
              tasks.isArray() ? Integer.toString(tasks.size()) : Members.shown(tasks),
              "tasks: is not a list of 1 to 1,000 tasks."));
      return;
    }
    for (int i = 0; i < tasks.size(); i++) {
      if (tasks.get(i) instanceof ObjectNode task) {
        readOne(task, "tasks[" + i + "].", workloads);
      } else {
        faults.add(
            new Fault(
                "tasks[" + i + "]",
                Members.shown(tasks.get(i)),
                "tasks[" + i + "]: is not an object."));
      }
    }
  }

  private void readOne(
      ObjectNode object, String path, Function<String, Optional<Workload>> workloads) {
    Optional<Workload> workload =
        Optional.ofNullable(object.get("workload"))
            .filter(JsonNode::isTextual)
            .flatMap(name -> workloads.apply(name.textValue()));
    int before = faults.size();
    TaskDocument document =
        DocumentRules.read(workload.map(w -> over(w, object)).orElse(object), path, faults);
    if (document.workload().isPresent() && workload.isEmpty()) {
      String name = document.workload().get();
      faults.add(
          new Fault(
              path + "workload",
              name,
              path
                  + "workload: \""
                  + name
                  + "\" is not registered. GET /workloads lists those that are; the template declares them."));
    }
    if (faults.size() == before) {
      items.add(new Item(path, document, workload, hash(object)));
    }
  }

  /** The document, with the workload's defaults where it says nothing. */
  private static ObjectNode over(Workload workload, ObjectNode object) {
    ObjectNode merged = object.objectNode();
    workload
        .defaults()
        .forEach(
            (name, value) -> {
              if (!object.hasNonNull(name)) {
                merged.set(name, DocumentReader.JSON.valueToTree(value));
              }
            });
    merged.setAll(object);
    return merged;
  }

  /** Names are unique in a file, known, and lead to no circle. */
  private void checkNames() {
    Map<String, Item> byName = new HashMap<>();
    Set<String> keys = new HashSet<>();
    for (Item item : items) {
      item.document()
          .name()
          .filter(name -> byName.putIfAbsent(name, item) != null)
          .ifPresent(
              name -> {
                if (many) {
                  fault(
                      item, "name", name, "is the name of another task in this file. Rename one.");
                }
              });
      item.document()
          .idempotencyKey()
          .filter(key -> !keys.add(key))
          .ifPresent(
              key ->
                  fault(item, "idempotencyKey", key, "is the key of another task in this file."));
    }
    boolean complete = true;
    for (Item item : items) {
      for (TaskDocument.Dependency dependency : item.document().dependsOn()) {
        if (dependency instanceof TaskDocument.Dependency.ByName(String name, _)
            && (!many || !byName.containsKey(name))) {
          complete = false;
          fault(
              item,
              "dependsOn",
              name,
              "names \""
                  + name
                  + "\", which is no task in this file. Name one that is, or give a taskId.");
        }
      }
    }
    if (complete && faults.isEmpty()) {
      circle(byName)
          .ifPresent(
              names ->
                  faults.add(
                      new Fault(
                          "tasks",
                          names,
                          "tasks: these wait for each other: "
                              + names
                              + ". Remove one dependsOn.")));
    }
  }

  private void fault(Item item, String field, String value, String rule) {
    faults.add(
        new Fault(item.path() + field, value, item.path() + field + ": " + value + " " + rule));
  }

  /** Takes away what waits for nothing until nothing is left; what stays is a circle. */
  private Optional<String> circle(Map<String, Item> byName) {
    Map<String, Set<String>> waits = new LinkedHashMap<>();
    byName.forEach((name, item) -> waits.put(name, new HashSet<>(names(item))));
    Map<String, Set<String>> left = new TreeMap<>(waits);
    boolean moved = true;
    while (moved) {
      List<String> free =
          left.entrySet().stream()
              .filter(e -> e.getValue().stream().noneMatch(left::containsKey))
              .map(Map.Entry::getKey)
              .toList();
      free.forEach(left::remove);
      moved = !free.isEmpty();
    }
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(left.keySet().stream().limit(20).collect(Collectors.joining(", ")));
  }

  private static List<String> names(Item item) {
    return item.document().dependsOn().stream()
        .flatMap(
            d ->
                d instanceof TaskDocument.Dependency.ByName(String name, _)
                    ? java.util.stream.Stream.of(name)
                    : java.util.stream.Stream.empty())
        .toList();
  }

  /** The same members in any order have the same hash. */
  private static String hash(ObjectNode object) {
    return Places.sha256(
        sorted(DocumentRules.without(object, "idempotencyKey"))
            .toString()
            .getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode copy = object.objectNode();
      object.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(e -> copy.set(e.getKey(), sorted(e.getValue())));
      return copy;
    }
    if (node.isArray()) {
      var copy = DocumentReader.JSON.createArrayNode();
      node.forEach(element -> copy.add(sorted(element)));
      return copy;
    }
    return node;
  }
}
