package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;
import java.util.Set;

/**
 * What {@code containerProperties}, or a task of {@code ecsProperties}, settles for the containers
 * in it.
 *
 * @param executionRole whether it names one
 * @param ecs whether it is of {@code ecsProperties}, whose members have other names
 * @param volumes what mount points may name
 */
record Task(
    Platform platform,
    boolean allowPrivileged,
    boolean executionRole,
    boolean windows,
    boolean ecs,
    Set<String> volumes) {
  private static final List<String> SYSTEMS =
      List.of(
          "WINDOWS_SERVER_2019_CORE",
          "WINDOWS_SERVER_2019_FULL",
          "WINDOWS_SERVER_2022_CORE",
          "WINDOWS_SERVER_2022_FULL",
          "LINUX");

  boolean fargate() {
    return platform == Platform.FARGATE;
  }

  /** Checks these members. Source: ContainerProperties, EcsTaskProperties. */
  static Task of(Members members, Platform platform, boolean allowPrivileged) {
    boolean ecs = members.has("containers");
    if (platform == Platform.FARGATE && !members.says("executionRoleArn")) {
      throw PrefixedRefusal.of("executionRoleArn is required for Fargate jobs.");
    }
    if (platform == Platform.EC2) {
      for (String member :
          List.of("networkConfiguration", "fargatePlatformConfiguration", "platformVersion")) {
        if (members.says(member)) {
          throw PrefixedRefusal.of(member + " not applicable for EC2.");
        }
      }
      if (members.says("runtimePlatform")) {
        throw PrefixedRefusal.of("runtimePlatform is not applicable for EC2.");
      }
    }
    members
        .anyObject("ephemeralStorage")
        .flatMap(storage -> storage.integer("sizeInGiB"))
        .filter(size -> size < 21 || size > 200)
        .ifPresent(
            _ -> {
              throw PrefixedRefusal.of(
                  "Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200"
                      + " GiB");
            });
    String version =
        (ecs
                ? members.text("platformVersion")
                : members
                    .anyObject("fargatePlatformConfiguration")
                    .flatMap(fargate -> fargate.text("platformVersion")))
            .orElse("LATEST");
    if (!version.matches("LATEST|[0-9]+\\.[0-9]+\\.[0-9]+")) {
      throw PrefixedRefusal.of(
          "platformVersion is %s; valid are LATEST and numbers such as 1.4.0.".formatted(version));
    }
    return new Task(
        platform,
        allowPrivileged,
        members.says("executionRoleArn"),
        windows(members, platform),
        ecs,
        VolumeMembers.check(
            members, platform, version, members.says("jobRoleArn") || members.says("taskRoleArn")));
  }

  /** Checks {@code runtimePlatform}, and reads its system. */
  static boolean windows(Members members, Platform platform) {
    if (members.anyObject("runtimePlatform").isEmpty()) {
      return false;
    }
    Members runtime = members.anyObject("runtimePlatform").get();
    String system = runtime.text("operatingSystemFamily").orElse("LINUX");
    String architecture = runtime.text("cpuArchitecture").orElse("X86_64");
    if (!SYSTEMS.contains(system)) {
      throw PrefixedRefusal.of(
          "RuntimePlatform supports only one from %s operatingSystemFamily".formatted(SYSTEMS));
    }
    if (!List.of("X86_64", "ARM64").contains(architecture)) {
      throw PrefixedRefusal.of(
          "%s is %s; valid are [X86_64, ARM64]."
              .formatted(runtime.path("cpuArchitecture"), architecture));
    }
    boolean windows = system.startsWith("WINDOWS");
    if (windows && platform == Platform.MANAGED_INSTANCES) {
      throw PrefixedRefusal.of(
          "runtimePlatform for MANAGED_INSTANCES only supports LINUX operating system family.");
    }
    if (windows && architecture.equals("ARM64")) {
      throw PrefixedRefusal.of("Windows supported only by X86_64 cpuArchitecture");
    }
    return windows;
  }
}
