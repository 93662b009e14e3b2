package dev.spillway.batch.execution;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * Whether the runners can run a job as it was asked for. Every member of the API is kept and
 * answered; one that would change what runs, and that no runner knows yet, fails the start of an
 * attempt, so that nothing else runs in its place.
 *
 * <p>Shape: a job's members of DescribeJobs, as they were at SubmitJob.
 */
public final class Runnability {
  private static final List<String> LOGS = List.of("awslogs", "json-file");
  private static final List<String> TASK_MEMBERS =
      List.of(
          "volumes",
          "executionRoleArn",
          "networkConfiguration",
          "ephemeralStorage",
          "runtimePlatform",
          "ipcMode",
          "pidMode",
          "enableExecuteCommand");

  private Runnability() {}

  /** Why an attempt cannot start, in the form of a container's {@code reason}; empty if it can. */
  public static Optional<String> obstacle(JsonNode detail) {
    return obstacle(detail, System.getProperty("os.arch"));
  }

  /** {@code host} is the machine's architecture as Java names it. */
  static Optional<String> obstacle(JsonNode detail, String host) {
    return missing(detail, host)
        .map(
            member ->
                "CannotStartContainerError: %s: this version of Spillway cannot run that."
                    .formatted(member));
  }

  /**
   * The one container of a job that has exactly one, with the members that its task gives it; named
   * as in {@code containerProperties}, whichever properties it came from.
   */
  public static Optional<ObjectNode> container(JsonNode detail) {
    if (detail.has("nodeProperties") || detail.has("eksProperties")) {
      return Optional.empty();
    }
    JsonNode task = detail.path("ecsProperties").path("taskProperties").path(0);
    if (task.isMissingNode()) {
      return Optional.ofNullable((ObjectNode) detail.get("container")).map(ObjectNode::deepCopy);
    }
    if (task.path("containers").size() != 1) {
      return Optional.empty();
    }
    ObjectNode container = task.get("containers").get(0).deepCopy();
    for (String member : TASK_MEMBERS) {
      if (task.has(member)) {
        container.set(member, task.get(member));
      }
    }
    if (task.has("taskRoleArn")) {
      container.set("jobRoleArn", task.get("taskRoleArn"));
    }
    if (task.has("platformVersion")) {
      container
          .putObject("fargatePlatformConfiguration")
          .set("platformVersion", task.get("platformVersion"));
    }
    return Optional.of(container);
  }

  private static Optional<String> missing(JsonNode detail, String host) {
    if (detail.has("nodeProperties")) {
      return Optional.of("nodeProperties, a job of several nodes");
    }
    if (detail.has("eksProperties")) {
      return Optional.of("eksProperties, a job of pods");
    }
    Optional<ObjectNode> container = container(detail);
    if (container.isEmpty()) {
      return Optional.of("ecsProperties with several containers");
    }
    return of(container.get(), host);
  }

  private static Optional<String> of(JsonNode container, String host) {
    // A volume that is not mounted changes nothing in the container.
    for (String member :
        List.of(
            "mountPoints",
            "secrets",
            "ulimits",
            "repositoryCredentials",
            "firelensConfiguration")) {
      if (!container.path(member).isEmpty()) {
        return Optional.of(member);
      }
    }
    for (String member : List.of("ipcMode", "pidMode")) {
      if (container.path(member).asText().equals("host")) {
        return Optional.of(member + " host");
      }
    }
    for (JsonNode requirement : container.path("resourceRequirements")) {
      if (requirement.path("type").asText().equals("GPU")) {
        return Optional.of("resourceRequirements of type GPU");
      }
    }
    return linux(container.path("linuxParameters"))
        .or(() -> log(container.path("logConfiguration")))
        .or(() -> platform(container.path("runtimePlatform"), host));
  }

  private static Optional<String> linux(JsonNode linux) {
    if (linux.path("initProcessEnabled").asBoolean(false)) {
      return Optional.of("linuxParameters.initProcessEnabled");
    }
    for (String member : List.of("devices", "tmpfs")) {
      if (!linux.path(member).isEmpty()) {
        return Optional.of("linuxParameters." + member);
      }
    }
    // Without maxSwap, AWS ignores swappiness.
    for (String member : List.of("sharedMemorySize", "maxSwap")) {
      if (linux.has(member)) {
        return Optional.of("linuxParameters." + member);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> log(JsonNode log) {
    String driver = log.path("logDriver").asText("awslogs");
    if (!LOGS.contains(driver)) {
      return Optional.of("logConfiguration.logDriver " + driver);
    }
    return log.path("secretOptions").isEmpty()
        ? Optional.empty()
        : Optional.of("logConfiguration.secretOptions");
  }

  private static Optional<String> platform(JsonNode platform, String host) {
    String system = platform.path("operatingSystemFamily").asText("LINUX");
    if (!system.equals("LINUX")) {
      return Optional.of("runtimePlatform.operatingSystemFamily " + system);
    }
    String own = host.equals("aarch64") ? "ARM64" : "X86_64";
    String architecture = platform.path("cpuArchitecture").asText(own);
    return architecture.equals(own)
        ? Optional.empty()
        : Optional.of("runtimePlatform.cpuArchitecture " + architecture + " on this host");
  }
}
