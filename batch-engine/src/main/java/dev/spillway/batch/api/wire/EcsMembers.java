package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.api.wire.ResourceRequirementMembers.Size;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks {@code ecsProperties}. Source: EcsTaskProperties, TaskContainerProperties. */
final class EcsMembers {
  private static final List<String> EMPTY_LISTS =
      List.of(
          "command",
          "dependsOn",
          "environment",
          "mountPoints",
          "ulimits",
          "resourceRequirements",
          "secrets");

  private EcsMembers() {}

  static void check(Members ecs, Platform platform, boolean allowPrivileged) {
    List<Members> tasks = ecs.anyObjects("taskProperties");
    if (tasks.size() != 1) {
      throw PrefixedRefusal.of(
          "%s has %d elements; it should have exactly one."
              .formatted(ecs.path("taskProperties"), tasks.size()));
    }
    Members members = tasks.getFirst();
    Task task = Task.of(members, platform, allowPrivileged);
    oneOf(members, "ipcMode", "ipcMode %s is not valid. Valid values are: %s", "host task none");
    oneOf(members, "pidMode", "Capability %s is not valid. Valid capabilities: %s", "host task");
    List<Members> containers = members.anyObjects("containers");
    if (containers.isEmpty() || containers.size() > 10) {
      throw PrefixedRefusal.of("Number of containers must be between 1 and 10");
    }
    containers.forEach(container -> container(container, task));
    if (containers.stream().noneMatch(EcsMembers::essential)) {
      throw PrefixedRefusal.of("At least one container must be set as essential");
    }
    boolean firelens = containers.stream().anyMatch(c -> c.has("firelensConfiguration"));
    if (firelens && containers.stream().noneMatch(EcsMembers::root)) {
      throw PrefixedRefusal.of(
          "When a firelensConfiguration object is specified, at least one container has to run as"
              + " root");
    }
    dependencies(containers);
    size(ecs.json(), platform);
  }

  private static void container(Members container, Task task) {
    ContainerMembers.checkCommon(container, task);
    container
        .text("name")
        .filter(name -> !name.matches("[a-zA-Z0-9_-]{1,255}"))
        .ifPresent(
            name -> {
              throw PrefixedRefusal.of(
                  "%s is %s; it should have 1 to 255 letters, digits, hyphens and underscores."
                      .formatted(container.path("name"), name));
            });
    int most = task.fargate() ? 120 : Integer.MAX_VALUE;
    for (String member : List.of("startTimeout", "stopTimeout")) {
      container
          .integer(member)
          .filter(seconds -> seconds < 2 || seconds > most)
          .ifPresent(
              seconds -> {
                throw PrefixedRefusal.of(
                    "%s is %d; it should be between 2 and %d."
                        .formatted(container.path(member), seconds, most));
              });
    }
  }

  private static void dependencies(List<Members> containers) {
    Map<String, Members> byName = new LinkedHashMap<>();
    for (Members container : containers) {
      String name = container.text("name").orElse("");
      if (containers.size() > 1 && name.isEmpty()) {
        throw PrefixedRefusal.of(container.path("name") + " is required.");
      }
      if (byName.put(name, container) != null) {
        throw PrefixedRefusal.of("Container name %s is given twice.".formatted(name));
      }
    }
    for (Members container : containers) {
      if (containers.size() == 1 && container.says("dependsOn")) {
        throw PrefixedRefusal.of("Container dependency can not be used in a single-container job.");
      }
      for (Members dependency : container.anyObjects("dependsOn")) {
        String name = dependency.requiredText("containerName");
        String condition = dependency.requiredText("condition");
        if (!byName.containsKey(name)) {
          throw PrefixedRefusal.of(
              "containerName %s must reference a defined container.".formatted(name));
        }
        if (!List.of("START", "COMPLETE", "SUCCESS").contains(condition)) {
          throw PrefixedRefusal.of(
              "TaskContainer dependency %s is not valid. Valid values are: [START, COMPLETE, SUCCESS]"
                  .formatted(condition));
        }
        if (!condition.equals("START") && essential(byName.get(name))) {
          throw PrefixedRefusal.of(
              "The container target of a dependency can not have condition %s if the target is essential"
                  .formatted(condition));
        }
      }
    }
    noCircle(byName);
  }

  /** Takes away what waits for nothing that is left, until nothing is left or all wait. */
  private static void noCircle(Map<String, Members> byName) {
    Map<String, Set<String>> waiting = new LinkedHashMap<>();
    byName.forEach(
        (name, container) -> {
          Set<String> others = new HashSet<>();
          container
              .anyObjects("dependsOn")
              .forEach(d -> others.add(d.requiredText("containerName")));
          waiting.put(name, others);
        });
    while (waiting.values().removeIf(Set::isEmpty)) {
      waiting.values().forEach(others -> others.retainAll(waiting.keySet()));
    }
    if (!waiting.isEmpty()) {
      throw PrefixedRefusal.of(
          "The containers %s wait for each other.".formatted(waiting.keySet()));
    }
  }

  private static boolean essential(Members container) {
    return container.bool("essential").orElse(true);
  }

  private static boolean root(Members container) {
    String user = container.text("user").orElse("root").split(":", 2)[0];
    return user.equals("root") || user.equals("0");
  }

  private static void oneOf(Members task, String member, String message, String words) {
    List<String> valid = List.of(words.split(" "));
    task.text(member)
        .filter(value -> !valid.contains(value))
        .ifPresent(
            value -> {
              throw PrefixedRefusal.of(message.formatted(value, valid));
            });
  }

  /** What the task's containers ask for together. */
  static Size size(ObjectNode ecs, Platform platform) {
    Members task = Members.unchecked(ecs).anyObjects("taskProperties").getFirst();
    Size size = Size.NONE;
    for (Members container : task.anyObjects("containers")) {
      size = size.and(ResourceRequirementMembers.one(container, platform));
    }
    ResourceRequirementMembers.whole(size, platform, Task.windows(task, platform));
    return size;
  }

  /** The lists that AWS answers as {@code []} when they are empty. */
  static void putEmptyLists(ObjectNode ecs) {
    for (JsonNode task : ecs.path("taskProperties")) {
      putIfAbsent((ObjectNode) task, "volumes");
      for (JsonNode container : task.path("containers")) {
        EMPTY_LISTS.forEach(list -> putIfAbsent((ObjectNode) container, list));
      }
    }
  }

  private static void putIfAbsent(ObjectNode node, String list) {
    if (!(node.get(list) instanceof ArrayNode)) {
      node.putArray(list);
    }
  }
}
