package dev.spillway.batch.execution.process.supervisor;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far the supervisor keeps processes apart, where the host lets it.
 *
 * @param cgroups where control groups are mounted; empty: none are used, memory is watched
 * @param privateTmp whether a process with a limit on its temporary files gets folders of its own
 *     in the place of {@code /tmp}, {@code /var/tmp} and {@code /dev/shm}
 * @param limits false: limits are not held at all
 */
public record Isolation(Optional<Path> cgroups, boolean privateTmp, boolean limits) {
  private static final String NONE = "none";

  /** All that the host has. */
  public static final Isolation FULL =
      new Isolation(Optional.of(Path.of("/sys/fs/cgroup")), true, true);

  /** Processes as those of any program. */
  public static final Isolation OFF = new Isolation(Optional.empty(), false, false);

  /** Reads {@code full} or {@code none}. */
  public static Isolation parse(String text) {
    return switch (text) {
      case "full" -> FULL;
      case NONE -> OFF;
      default ->
          throw new IllegalArgumentException(
              "the isolation is \"" + text + "\"; give full (all that the host has) or none");
    };
  }

  /** As {@link #of} reads them. */
  public List<String> arguments() {
    return List.of(
        "cgroups=" + cgroups.map(Path::toString).orElse(NONE),
        "privateTmp=" + privateTmp,
        "limits=" + limits);
  }

  static Isolation of(Map<String, String> options) {
    return new Isolation(
        Optional.ofNullable(options.get("cgroups"))
            .filter(path -> !path.equals(NONE))
            .map(Path::of),
        Boolean.parseBoolean(options.get("privateTmp")),
        Boolean.parseBoolean(options.get("limits")));
  }
}
