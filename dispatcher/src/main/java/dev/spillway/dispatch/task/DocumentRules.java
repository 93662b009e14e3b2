package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.RetryPolicy;
import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.text.Nearest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Turns the tree of one task into a {@link TaskDocument}, or into all of its faults.
 *
 * <p>Source: the contract's section 1; names, tags and patterns as AWS Batch has them.
 */
public final class DocumentRules {
  /** Largest payload in the document itself, bytes of compact JSON. */
  public static final int MOST_PAYLOAD_BYTES = 6 * 1024 * 1024;

  /** AWS allows 50 on a job, and Spillway sets one itself. */
  static final int MOST_TAGS = 49;

  /** All overrides of a job together may have 8,192 bytes; the rest is Spillway's. */
  static final int MOST_ENVIRONMENT_BYTES = 6144;

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}");
  private static final Pattern WORKLOAD = Pattern.compile("[a-zA-Z0-9_-]{1,128}");
  private static final Pattern IMAGE = Pattern.compile("[\\x21-\\x7e]{1,512}");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,128}");
  static final Pattern S3_URI =
      Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.{1,1024})");
  private static final Pattern VARIABLE = Pattern.compile("[^=\\x00]{1,256}");

  /** What Batch replaces by a parameter. */
  private static final Pattern REF = Pattern.compile("Ref::[a-zA-Z0-9_-]+");

  private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");
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
    Optional<TaskDocument.Container> container = container(m);
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
        environment(m),
        m.text(
            "name",
            NAME,
            "is not a job name: 1 to 128 letters, digits, - and _, the first a letter or digit."),
        payload(m),
        s3(m),
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
        tags(m),
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

  private static Optional<TaskDocument.Container> container(Members m) {
    if (m.has("command") && !m.has("image")) {
      m.fault("command", "needs an image beside it. A workload brings its own command.");
    }
    List<String> command =
        m.list(
            "command",
            1000,
            node -> {
              if (!node.isTextual() || node.textValue().isEmpty() || zero(node.textValue())) {
                m.fault(
                    "command", "has an entry that is not a text, or empty, or has a zero byte.");
                return Optional.empty();
              }
              REF.matcher(node.textValue())
                  .results()
                  .forEach(
                      ref ->
                          m.fault(
                              "command",
                              "has "
                                  + ref.group()
                                  + ", but a task without a workload has no parameters. Write the"
                                  + " value itself, or register a workload."));
              return Optional.of(node.textValue());
            });
    return m.text("image", IMAGE, "is not the name of an image: 1 to 512 characters, no space.")
        .map(image -> new TaskDocument.Container(image, command));
  }

  private static Map<String, String> environment(Members m) {
    Map<String, String> variables = new LinkedHashMap<>();
    m.list(
        "environment",
        200,
        node -> {
          JsonNode name = node.path("name");
          JsonNode value = node.path("value");
          if (!node.isObject()
              || node.size() != 2
              || !name.isTextual()
              || !value.isTextual()
              || !VARIABLE.matcher(name.textValue()).matches()
              || zero(value.textValue())) {
            m.fault(
                "environment",
                "has an entry that is not {name, value} with two texts, the name of 1 to 256"
                    + " characters without =, both without a zero byte.");
          } else if (name.textValue().startsWith("AWS_BATCH")
              || name.textValue().startsWith("SPILLWAY_")) {
            m.fault(
                "environment",
                "sets "
                    + name.textValue()
                    + "; names that begin with AWS_BATCH or SPILLWAY_ are set for the job.");
          } else if (variables.put(name.textValue(), value.textValue()) != null) {
            m.fault("environment", "sets " + name.textValue() + " twice.");
          }
          return Optional.empty();
        });
    int bytes =
        variables.entrySet().stream()
            .mapToInt(e -> bytes(e.getKey()) + bytes(e.getValue()) + 2)
            .sum();
    if (bytes > MOST_ENVIRONMENT_BYTES) {
      m.fault(
          "environment",
          "has "
              + Amounts.count(bytes)
              + " bytes; the most is "
              + Amounts.count(MOST_ENVIRONMENT_BYTES)
              + ", because Batch takes 8,192 for all overrides. Put data into payload.");
    }
    return variables;
  }

  /** The operating system would end the text there. */
  private static boolean zero(String text) {
    return text.indexOf('\0') >= 0;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static JsonNode payload(Members m) {
    if (!m.has("payload")) {
      return m.get("payload") == null ? DocumentReader.JSON.createObjectNode() : m.get("payload");
    }
    if (m.has("payloadS3Uri")) {
      m.fault("payloadS3Uri", "cannot be given beside payload. Leave one of them out.");
    }
    int bytes = bytes(m.get("payload").toString());
    if (bytes > MOST_PAYLOAD_BYTES) {
      m.fault(
          "payload",
          "has "
              + Amounts.count(bytes)
              + " bytes; the most is "
              + Amounts.count(MOST_PAYLOAD_BYTES)
              + ". Put it into S3 and give payloadS3Uri.");
    }
    return m.get("payload");
  }

  private static Optional<ObjectStore.Location> s3(Members m) {
    return m.text("payloadS3Uri", S3_URI, "is not an S3 URI. Give s3://bucket/key.")
        .map(DocumentRules::location);
  }

  static boolean isS3Uri(String text) {
    return S3_URI.matcher(text).matches();
  }

  /** Reads {@code s3://bucket/key}. */
  static ObjectStore.Location location(String uri) {
    Matcher parts = S3_URI.matcher(uri);
    if (!parts.matches()) {
      throw new IllegalArgumentException(uri + " is not an S3 URI.");
    }
    return new ObjectStore.Location(parts.group(1), parts.group(2));
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

  private static Map<String, String> tags(Members m) {
    Map<String, String> tags = new LinkedHashMap<>();
    if (!m.has("tags")) {
      return tags;
    }
    if (!m.get("tags").isObject()) {
      m.fault("tags", "is not an object of texts.");
      return tags;
    }
    if (m.get("tags").size() > MOST_TAGS) {
      m.fault(
          "tags",
          "has "
              + m.get("tags").size()
              + " entries; the most is "
              + MOST_TAGS
              + ", because a job may have 50 and Spillway sets one.");
    }
    for (Map.Entry<String, JsonNode> tag : m.get("tags").properties()) {
      String key = tag.getKey();
      String value = tag.getValue().isTextual() ? tag.getValue().textValue() : null;
      if (key.isEmpty()
          || key.length() > 128
          || key.startsWith("aws:")
          || key.startsWith("spillway:")
          || value == null
          || value.length() > 256
          || !TAG.matcher(key).matches()
          || !TAG.matcher(value).matches()) {
        m.fault(
            "tags",
            "has the tag \""
                + key
                + "\", which AWS would refuse: keys have 1 to 128 characters and do not begin with"
                + " aws: or spillway:, values are texts of up to 256, both of letters, digits,"
                + " spaces and _ . : / = + - @.");
      } else {
        tags.put(key, value);
      }
    }
    return tags;
  }
}
