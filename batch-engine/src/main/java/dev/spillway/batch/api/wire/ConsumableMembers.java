package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks and reads {@code consumableResourceProperties}. Source: ConsumableResourceProperties. */
final class ConsumableMembers {
  private static final String ARN =
      "arn:[^:]+:batch:[^:]+:[^:]+:consumable-resource/([a-zA-Z0-9_-]{1,128})";

  private ConsumableMembers() {}

  static void check(Members properties) {
    if (properties.anyObjects("consumableResourceList").size() > 5) {
      throw PrefixedRefusal.of(
          "Each ConsumableResourceProperty can have at most 5 consumableResources");
    }
    Set<String> names = new HashSet<>();
    for (EffectiveJob.Consumable consumable : read(properties)) {
      if (!names.add(consumable.name())) {
        throw PrefixedRefusal.of(
            "Cannot have duplicate consumableResource in consumableResourceProperties");
      }
    }
  }

  /** What is asked for, by name. */
  static List<EffectiveJob.Consumable> read(Members properties) {
    List<EffectiveJob.Consumable> found = new ArrayList<>();
    for (Members requirement : properties.anyObjects("consumableResourceList")) {
      String name =
          requirement.requiredText("consumableResource").replaceFirst("^" + ARN + "$", "$1");
      if (!name.matches("[a-zA-Z0-9_-]{1,128}")) {
        throw PrefixedRefusal.of("ConsumableResource name should match a valid pattern.");
      }
      long quantity = requirement.whole("quantity").orElseThrow();
      if (quantity < 1) {
        throw PrefixedRefusal.of(
            "%s is %d; the minimum is 1.".formatted(requirement.path("quantity"), quantity));
      }
      found.add(new EffectiveJob.Consumable(name, quantity));
    }
    return found;
  }
}
