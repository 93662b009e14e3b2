package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Checks and reads what a container asks for: {@code resourceRequirements}, and the older {@code
 * vcpus} and {@code memory}. Source: ResourceRequirement.
 */
final class ResourceRequirementMembers {
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

  private ResourceRequirementMembers() {}

  /**
   * What a container, or all of a job together, is given.
   *
   * @param vcpuMillis thousandths of a vCPU
   */
  record Size(int vcpuMillis, int memoryMib, int gpus) {
    static final Size NONE = new Size(0, 0, 0);

    Size and(Size other) {
      return new Size(
          sum(vcpuMillis, other.vcpuMillis),
          sum(memoryMib, other.memoryMib),
          sum(gpus, other.gpus));
    }

    private static int sum(int a, int b) {
      return (int) Math.min(Integer.MAX_VALUE, (long) a + b);
    }
  }

  /** By type; a type that comes twice is refused. */
  static Map<String, String> byType(Members container) {
    Map<String, String> found = new LinkedHashMap<>();
    for (Members requirement : container.anyObjects("resourceRequirements")) {
      if (found.put(requirement.requiredText("type"), requirement.requiredText("value")) != null) {
        throw PrefixedRefusal.of("Cannot provide duplicates in resourceRequirements.");
      }
    }
    return found;
  }

  /** Whether vCPU or memory is named at all. */
  static boolean given(Members container) {
    return container.says("resourceRequirements")
        || container.has("vcpus")
        || container.has("memory");
  }

  /** The size of the only container of a task. */
  static Size alone(Members container, Platform platform, boolean windows) {
    Size size = one(container, platform);
    whole(size, platform, windows);
    return size;
  }

  /** Checks the size of a task as a whole. */
  static void whole(Size size, Platform platform, boolean windows) {
    BigDecimal vcpus = BigDecimal.valueOf(size.vcpuMillis(), 3);
    if (platform == Platform.FARGATE) {
      if (windows && size.vcpuMillis() < 1000) {
        throw PrefixedRefusal.of(
            "vCPU must be at least 1 for Windows Job definition, got %s.".formatted(plain(vcpus)));
      }
      if (!FargateSizes.valid(vcpus, size.memoryMib())) {
        throw PrefixedRefusal.of(
            "Fargate resource requirements (%s vCPU, %d MiB) not valid."
                .formatted(plain(vcpus), size.memoryMib()));
      }
    }
  }

  /** The size of one of several containers. */
  static Size one(Members container, Platform platform) {
    Map<String, String> requirements = byType(container);
    BigDecimal vcpus =
        Optional.ofNullable(requirements.get("VCPU"))
            .map(value -> number("VCPU", value))
            .or(() -> container.integer("vcpus").map(BigDecimal::valueOf))
            .orElseThrow(() -> PrefixedRefusal.of("vCPU is not provided."));
    BigDecimal memory =
        Optional.ofNullable(requirements.get("MEMORY"))
            .map(value -> number("MEMORY", value))
            .or(() -> container.integer("memory").map(BigDecimal::valueOf))
            .orElseThrow(() -> PrefixedRefusal.of("Memory is not provided."));
    if (memory.stripTrailingZeros().scale() > 0
        || memory.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) > 0) {
      throw PrefixedRefusal.of(
          "MEMORY is %s; it should be a whole number of MiB.".formatted(memory.toPlainString()));
    }
    int mib = memory.intValueExact();
    if (platform == Platform.FARGATE) {
      if (vcpus.signum() <= 0
          || vcpus.stripTrailingZeros().scale() > 3
          || vcpus.compareTo(MOST) > 0) {
        throw PrefixedRefusal.of(
            "Fargate resource requirements (%s vCPU, %d MiB) not valid."
                .formatted(plain(vcpus), mib));
      }
      if (requirements.containsKey("GPU")) {
        throw PrefixedRefusal.of("GPU is not applicable for Fargate.");
      }
    } else if (vcpus.compareTo(BigDecimal.ONE) < 0
        || vcpus.stripTrailingZeros().scale() > 0
        || vcpus.compareTo(MOST) > 0) {
      throw PrefixedRefusal.of("vCPU must be at least 1, got %s.".formatted(plain(vcpus)));
    }
    if (mib < 4) {
      throw PrefixedRefusal.of("Memory must be at least 4 Mib, got %d Mib.".formatted(mib));
    }
    return new Size(vcpus.movePointRight(3).intValueExact(), mib, gpus(requirements));
  }

  private static int gpus(Map<String, String> requirements) {
    if (!requirements.containsKey("GPU")) {
      return 0;
    }
    String value = requirements.get("GPU");
    if (!value.matches("[1-9][0-9]{0,5}")) {
      throw PrefixedRefusal.of(
          "The value of GPU is %s; it should be a whole number from 1.".formatted(value));
    }
    return Integer.parseInt(value);
  }

  private static String plain(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.toPlainString();
  }

  private static BigDecimal number(String type, String value) {
    if (!value.strip().matches("-?[0-9]{1,12}(\\.[0-9]{1,12})?")) {
      throw PrefixedRefusal.of(
          "The value of %s is %s; it should be a number.".formatted(type, value));
    }
    return new BigDecimal(value.strip());
  }
}
