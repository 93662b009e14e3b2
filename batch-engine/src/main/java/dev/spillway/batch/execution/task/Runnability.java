package dev.spillway.batch.execution.task;

import com.fasterxml.jackson.databind.JsonNode;
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

  private static Optional<String> missing(JsonNode detail, String host) {
    int nodes = detail.path("nodeProperties").path("numNodes").asInt(1);
    boolean pods = detail.has("eksProperties") || ContainerTemplates.of(detail, 0).isEmpty();
    if (pods) {
      return Optional.of("eksProperties, a job of pods");
    }
    for (int node = 0; node < nodes; node++) {
      for (JsonNode container : ContainerTemplates.of(detail, node)) {
        Optional<String> missing = of(container, host);
        if (missing.isPresent()) {
          return missing;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> of(JsonNode container, String host) {
    if (!container.path("firelensConfiguration").isEmpty()) {
      return Optional.of("firelensConfiguration");
    }
    return log(container.path("logConfiguration"))
        .or(() -> platform(container.path("runtimePlatform"), host));
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
