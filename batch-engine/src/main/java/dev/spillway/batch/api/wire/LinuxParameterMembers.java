package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks {@code linuxParameters} and {@code ulimits}. Source: LinuxParameters, Tmpfs, Ulimit. */
final class LinuxParameterMembers {
  private static final List<String> NOT_ON_FARGATE =
      List.of("devices", "maxSwap", "swappiness", "sharedMemorySize", "tmpfs");
  private static final Set<String> MOUNT_OPTIONS =
      Set.of(
          ("defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand"
                  + " atime noatime diratime nodiratime bind rbind unbindable runbindable private"
                  + " rprivate shared rshared slave rslave relatime norelatime strictatime"
                  + " nostrictatime mode uid gid nr_inodes nr_blocks mpol")
              .split(" "));
  private static final List<String> LIMITS =
      List.of(
          ("core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime"
                  + " sigpending stack")
              .split(" "));

  private LinuxParameterMembers() {}

  static void check(Members container, Task task) {
    container.anyObject("linuxParameters").ifPresent(linux -> parameters(linux, task.fargate()));
    if (task.fargate() && container.says("ulimits")) {
      throw PrefixedRefusal.of("ulimits is not applicable for Fargate.");
    }
    Set<String> names = new HashSet<>();
    for (Members limit : container.anyObjects("ulimits")) {
      String name = limit.requiredText("name");
      if (!LIMITS.contains(name)) {
        throw PrefixedRefusal.of(
            "%s is %s; valid are %s.".formatted(limit.path("name"), name, LIMITS));
      }
      if (!names.add(name)) {
        throw PrefixedRefusal.of("The ulimit %s is given twice.".formatted(name));
      }
    }
  }

  private static void parameters(Members linux, boolean fargate) {
    for (String member : NOT_ON_FARGATE) {
      if (fargate && linux.says(member)) {
        throw PrefixedRefusal.of("linuxParameter.%s is not allowed for Fargate.".formatted(member));
      }
    }
    if (linux.has("maxSwap") && !linux.has("swappiness")) {
      throw PrefixedRefusal.of(
          "When container specified swap memory, swappiness value is required.");
    }
    within(linux, "maxSwap", 0, Integer.MAX_VALUE);
    within(linux, "swappiness", 0, 100);
    within(linux, "sharedMemorySize", 1, Integer.MAX_VALUE);
    for (Members tmpfs : linux.anyObjects("tmpfs")) {
      if (tmpfs.integer("size").orElse(0) < 1) {
        throw PrefixedRefusal.of(
            "Size of a tmpfs is invalid. The size is required and must be a positive integer.");
      }
      for (String option : tmpfs.texts("mountOptions")) {
        if (!MOUNT_OPTIONS.contains(option.split("=", 2)[0])) {
          throw PrefixedRefusal.of(
              "%s has %s, which is no mount option of a tmpfs."
                  .formatted(tmpfs.path("mountOptions"), option));
        }
      }
    }
  }

  private static void within(Members linux, String member, int least, int most) {
    linux
        .integer(member)
        .filter(value -> value < least || value > most)
        .ifPresent(
            value -> {
              throw PrefixedRefusal.of(
                  "%s is %d; it should be between %d and %d."
                      .formatted(linux.path(member), value, least, most));
            });
  }
}
