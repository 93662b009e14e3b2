package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks {@code launchTemplate}. Source: LaunchTemplateSpecification and its override. */
final class LaunchTemplateMembers {
  private static final String OVERRIDES = "LaunchTemplate.overrides";

  private LaunchTemplateMembers() {}

  static void check(Members template, List<String> instanceTypes) {
    List<Members> overrides = template.anyObjects("overrides");
    boolean both = template.says("launchTemplateId") && template.says("launchTemplateName");
    boolean one = template.says("launchTemplateId") || template.says("launchTemplateName");
    if (both || (!one && overrides.isEmpty())) {
      throw PrefixedRefusal.of(
          "One of LaunchTemplateId and LaunchTemplateName or LaunchTemplate.overrides should be"
              + " provided");
    }
    version(template);
    if (overrides.size() > 10) {
      throw PrefixedRefusal.of(OVERRIDES + " size cannot be greater than 10");
    }
    Set<String> seen = new HashSet<>();
    for (Members override : overrides) {
      if (override.says("launchTemplateId") == override.says("launchTemplateName")) {
        throw PrefixedRefusal.of(
            OVERRIDES + " should have either LaunchTemplateId or LaunchTemplateName");
      }
      version(override);
      List<String> targets = override.texts("targetInstanceTypes");
      if (targets.isEmpty()) {
        throw PrefixedRefusal.of(OVERRIDES + ".targetInstanceTypes[] is required");
      }
      for (String target : targets) {
        if (!instanceTypes.contains(target)) {
          throw PrefixedRefusal.of(OVERRIDES + " have targetInstanceTypes that do not match");
        }
        if (!seen.add(target)) {
          throw PrefixedRefusal.of(OVERRIDES + " have duplicate targetInstanceTypes");
        }
      }
    }
  }

  private static void version(Members template) {
    if (!template.text("version").orElse("").matches("|[0-9]+|\\$Default|\\$Latest")) {
      throw PrefixedRefusal.of(
          "LaunchTemplateVersion must be either empty or a number or $Default or $Latest");
    }
  }
}
