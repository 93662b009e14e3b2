package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which CPU architecture instance types have. Source: EC2, naming of instance types. */
final class InstanceTypes {
  /** Graviton: the first letter behind the generation's number is a g, as in c7gn or g5g. */
  private static final Pattern ARM = Pattern.compile("a1|[a-z]+[0-9]+g[a-z0-9-]*|default_arm64");

  private InstanceTypes() {}

  /** The one architecture of all of them; empty when there are none. */
  static Optional<String> architecture(List<String> types) {
    Set<String> found =
        types.stream()
            .map(type -> ARM.matcher(type.split("\\.", 2)[0]).matches() ? "ARM64" : "X86_64")
            .collect(Collectors.toSet());
    if (found.size() > 1) {
      throw PrefixedRefusal.of("arm-based instance type cannot be used with other instance types");
    }
    return found.stream().findFirst();
  }
}
