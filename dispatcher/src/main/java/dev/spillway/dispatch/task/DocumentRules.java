package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.RetryPolicy;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.text.Nearest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Turns the tree of one task into a {@link TaskDocument}, or into all of its faults.
 *
 * <p>Source: the contract's section 1; names, tags and patterns as AWS Batch has them.
 */
public final class DocumentRules {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}");
  private static final Pattern WORKLOAD = Pattern.compile("[a-zA-Z0-9_-]{1,128}");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final Duration YEAR = Duration.ofDays(365);

  private static final List<String> KNOWN =
      List.of(
          "workload",
          "image",
          "command",
          "environment",
          "name",
          "payload",
          "payloadS3Uri",
          "arrayProperties",
          "payloadsS3Uri",
          "dependsOn",
          "expectedDuration",
          "timeout",
          "vcpus",
          "memory",
          "disk",
          "gpus",
          "privileged",
          "nodes",
          "imageType",
          "architecture",
          "retryStrategy",
          "objective",
          "deadline",
          "routes",
          "priority",
          "jobQueue",
          "shareIdentifier",
          "schedulingPriority",
          "tags",
          "idempotencyKey");

  private DocumentRules() {}

  /**
   * Reads one task.
   *
   * @param path of this task in a larger document, {@code tasks[2].}, or empty
   * @param faults gets every fault; the answer counts only when none was added
   */
  public static TaskDocument read(ObjectNode object, String path, List<Fault> faults) {
    Members m = new Members(object, path, faults);
    object.fieldNames().forEachRemaining(name -> known(m, name));
    Optional<String> workload =
        m.text("workload", WORKLOAD, "is not a name: 1 to 128 letters, digits, - and _.");
    Optional<TaskDocument.Container> container = ContainerRules.read(m);
    if (!m.has("workload") && !m.has("image")) {
      faults.add(
          new Fault(
              path + "workload",
              "",
              path + "workload: missing. Name a workload, or give an image."));
    } else if (m.has("workload") && m.has("image")) {
      m.fault("image", "cannot be given beside workload. Leave one of them out.");
    }
    return new TaskDocument(
        without(object, "payload"),
        workload,
        container,
        ContainerRules.environment(m),
        m.text(
            "name",
            NAME,
            "is not a job name: 1 to 128 letters, digits, - and _, the first a letter or digit."),
        PayloadRules.read(m),
        PayloadRules.s3(m),
        ArrayRules.read(m),
        m.list("dependsOn", 20, node -> ArrayRules.dependency(m, node)),
        m.duration("expectedDuration", Duration.ofMillis(1), YEAR),
        m.duration("timeout", Duration.ofSeconds(1), YEAR),
        vcpus(m),
        m.size("memory"),
        m.size("disk"),
        m.whole("gpus", 0, 64, "is not a number of GPUs. Give 0 to 64.").orElse(0),
        m.flag("privileged").orElse(false),
        m.whole("nodes", 1, 1000, "is not a number of nodes. Give 1 to 1000.").orElse(1),
        word(m, "imageType", List.of("zip", "lambda-image", "docker")),
        word(m, "architecture", List.of("x86_64", "arm64")),
        retry(m),
        word(m, "objective", List.of("cost", "speed", "balanced")).flatMap(Objective::of),
        PunctualityRules.read(m),
        routes(m),
        m.whole("priority", 0, 1000, "is not a priority. Give 0 to 1000.").orElse(1),
        m.text(
            "jobQueue", WORKLOAD, "is not the name of a queue: 1 to 128 letters, digits, - and _."),
        ShareRules.read(m),
        TagRules.read(m),
        m.text(
            "idempotencyKey", KEY, "is not a key: 1 to 128 printable ASCII characters, no space."));
  }

  /** A copy without one member. */
  static ObjectNode without(ObjectNode object, String name) {
    ObjectNode copy = object.objectNode();
    object.properties().stream()
        .filter(e -> !e.getKey().equals(name))
        .forEach(e -> copy.set(e.getKey(), e.getValue()));
    return copy;
  }

  private static void known(Members m, String name) {
    if (!KNOWN.contains(name)) {
      m.fault(
          name,
          "was given, but there is no such field."
              + Nearest.closeTo(name, KNOWN).map(k -> " Did you mean " + k + "?").orElse(""));
    }
  }

  private static OptionalDouble vcpus(Members m) {
    if (!m.has("vcpus")) {
      return OptionalDouble.empty();
    }
    JsonNode value = m.get("vcpus");
    double vcpus = value.isNumber() ? value.doubleValue() : 0;
    if (vcpus >= 0.25 && vcpus <= 4096 && vcpus * 4 == Math.rint(vcpus * 4)) {
      return OptionalDouble.of(vcpus);
    }
    m.fault("vcpus", "is not a number of vCPUs. Give 0.25 to 4096 in steps of 0.25.");
    return OptionalDouble.empty();
  }

  private static Optional<String> word(Members m, String name, List<String> words) {
    if (!m.has(name)) {
      return Optional.empty();
    }
    if (m.get(name).isTextual() && words.contains(m.get(name).textValue())) {
      return Optional.of(m.get(name).textValue());
    }
    m.fault(name, "is not one of " + String.join(", ", words) + ".");
    return Optional.empty();
  }

  private static RetryPolicy retry(Members m) {
    if (!m.has("retryStrategy")) {
      return RetryPolicy.NONE;
    }
    return RetryRules.read(m);
  }

  private static List<Route> routes(Members m) {
    List<Route> routes =
        m.list(
            "routes",
            Route.values().length,
            node -> {
              Optional<Route> route = Route.of(node.isTextual() ? node.textValue() : "");
              if (route.isEmpty()) {
                m.fault(
                    "routes",
                    "names \""
                        + Members.shown(node)
                        + "\"; the routes are "
                        + Arrays.stream(Route.values())
                            .map(Route::word)
                            .collect(Collectors.joining(", "))
                        + ".");
              }
              return route;
            });
    if (m.has("routes") && m.get("routes").isArray() && m.get("routes").isEmpty()) {
      m.fault("routes", "is empty. Name a route, or leave it out for all.");
    }
    return routes.stream().distinct().toList();
  }
}
