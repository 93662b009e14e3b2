package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;
import java.util.Optional;

/**
 * Checks {@code computeResources} of a managed environment, as they were given or as they are after
 * an update. Source: ComputeResource, and the messages of the real service.
 */
final class ComputeResourceMembers {
  private static final List<String> NOT_ON_FARGATE =
      List.of(
          "allocationStrategy",
          "bidPercentage",
          "desiredvCpus",
          "ec2Configuration",
          "ec2KeyPair",
          "imageId",
          "instanceRole",
          "instanceTypes",
          "launchTemplate",
          "minvCpus",
          "placementGroup",
          "scalingPolicy",
          "spotIamFleetRole",
          "tags");
  private static final List<String> ECS_IMAGES =
      List.of("ECS_AL2", "ECS_AL2_NVIDIA", "ECS_AL2023", "ECS_AL2023_NVIDIA");
  private static final List<String> EKS_IMAGES =
      List.of("EKS_AL2", "EKS_AL2_NVIDIA", "EKS_AL2023", "EKS_AL2023_NVIDIA");

  private ComputeResourceMembers() {}

  static boolean fargate(Members resources) {
    return resources.requiredText("type").startsWith("FARGATE");
  }

  /** {@code pods} is true for an environment on EKS. */
  static void check(Members resources, boolean pods) {
    int max =
        resources
            .integer("maxvCpus")
            .orElseThrow(() -> PrefixedRefusal.of("Resource maxvCpus is required."));
    if (fargate(resources)) {
      if (pods) {
        throw PrefixedRefusal.of(
            "Supported compute types for EKS compute environments are [EC2, SPOT]");
      }
      fargateOnly(resources);
    } else {
      strategy(resources, pods);
      instances(resources);
      images(resources, pods);
      scaling(resources);
    }
    boolean groups =
        resources.says("securityGroupIds")
            || (!fargate(resources) && resources.says("launchTemplate"));
    if (!groups) {
      throw PrefixedRefusal.of("Security group ids are required.");
    }
    if (resources.texts("subnets").isEmpty()) {
      throw PrefixedRefusal.of("Resource subnets are required.");
    }
    int min = resources.integer("minvCpus").orElse(0);
    int desired = resources.integer("desiredvCpus").orElse(min);
    if (min < 0) {
      throw PrefixedRefusal.of("minvCpus should be greater than or equal to 0.");
    }
    if (max < min) {
      throw PrefixedRefusal.of("maxvCpus should be greater than or equal to minvCpus.");
    }
    if (desired < min || desired > max) {
      throw PrefixedRefusal.of("desiredvCpus should be between minvCpus and maxvCpus.");
    }
  }

  /** Refuses what Fargate does not have, of a request or of an update. */
  static void fargateOnly(Members resources) {
    for (String member : NOT_ON_FARGATE) {
      if (resources.says(member)) {
        throw PrefixedRefusal.of(member + " is not applicable for Fargate.");
      }
    }
    if (resources.texts("securityGroupIds").size() > 5) {
      throw PrefixedRefusal.of("Fargate supports a maximum of 5 security groups.");
    }
    if (resources.texts("subnets").size() > 16) {
      throw PrefixedRefusal.of("Fargate supports a maximum of 16 subnets.");
    }
  }

  private static void strategy(Members resources, boolean pods) {
    String type = resources.requiredText("type");
    Optional<String> given = resources.text("allocationStrategy");
    if (pods && given.isEmpty()) {
      throw PrefixedRefusal.of("allocationStrategy is required for EKS Compute Environments.");
    }
    String strategy = given.orElse("BEST_FIT");
    if (pods && strategy.equals("BEST_FIT")) {
      throw PrefixedRefusal.of(
          "Allocation strategy BEST_FIT is not supported for EKS Compute Environments.");
    }
    if (strategy.equals("BEST_FIT_PROGRESSIVE_ORDERED") && !type.equals("EC2")) {
      throw PrefixedRefusal.of(
          "Allocation strategy BEST_FIT_PROGRESSIVE_ORDERED requires compute resource type EC2.");
    }
    if (strategy.startsWith("SPOT_") && !type.equals("SPOT")) {
      throw PrefixedRefusal.of(
          "Allocation strategy %s requires compute resource type SPOT.".formatted(strategy));
    }
    if (type.equals("SPOT") && strategy.equals("BEST_FIT") && !resources.says("spotIamFleetRole")) {
      throw PrefixedRefusal.of("compute resource spotIamFleetRole is required.");
    }
  }

  private static void instances(Members resources) {
    if (!resources.says("instanceRole")) {
      throw PrefixedRefusal.of("Instance role is required.");
    }
    List<String> types = resources.texts("instanceTypes");
    if (types.isEmpty()) {
      throw PrefixedRefusal.of("Resource instanceTypes are required.");
    }
    InstanceTypes.architecture(types);
    if (resources.integer("minvCpus").isEmpty()) {
      throw PrefixedRefusal.of("Resource minvCpus is required.");
    }
    resources
        .integer("bidPercentage")
        .filter(bid -> bid < 0 || bid > 100)
        .ifPresent(
            _ -> {
              throw PrefixedRefusal.of("Bid percentage must be between 0 to 100.");
            });
    resources
        .anyObject("launchTemplate")
        .ifPresent(template -> LaunchTemplateMembers.check(template, types));
    resources.map("tags");
  }

  private static void images(Members resources, boolean pods) {
    List<Members> images = resources.anyObjects("ec2Configuration");
    if (images.size() > 2) {
      throw PrefixedRefusal.of(
          "%s has %d elements; the maximum is 2."
              .formatted(resources.path("ec2Configuration"), images.size()));
    }
    for (Members image : images) {
      if (!(pods ? EKS_IMAGES : ECS_IMAGES).contains(image.requiredText("imageType"))) {
        throw PrefixedRefusal.of("Invalid imageType in ComputeResources.ec2Configuration");
      }
      if (!image.text("imageKubernetesVersion").orElse("1.0").matches("1\\.[0-9]{1,3}")) {
        throw PrefixedRefusal.of(
            "At least one imageKubernetesVersion in EC2Configuration is not supported.");
      }
    }
  }

  private static void scaling(Members resources) {
    resources
        .anyObject("scalingPolicy")
        .flatMap(policy -> policy.integer("minScaleDownDelayMinutes"))
        .filter(minutes -> minutes != 0 && (minutes < 20 || minutes > 10080))
        .ifPresent(
            minutes -> {
              throw PrefixedRefusal.of(
                  "minScaleDownDelayMinutes is %d; it should be 0 or between 20 and 10080."
                      .formatted(minutes));
            });
  }
}
