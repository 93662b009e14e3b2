package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;
import java.util.Optional;

/**
 * Checks a CreateComputeEnvironment, and writes what it made. Source: API CreateComputeEnvironment,
 * ComputeEnvironmentDetail, and the messages of the real service.
 */
public final class ComputeEnvironmentMembers {
  private static final String SERVICE_LINKED = "AWSServiceRoleForBatch";

  private ComputeEnvironmentMembers() {}

  /**
   * A checked request, or an environment after a checked update.
   *
   * @param maxVcpus without a bound for an unmanaged one, which holds what its host holds
   * @param detail the members that are kept and answered
   */
  public record Checked(String name, int maxVcpus, boolean fargate, ObjectNode detail) {}

  public static Checked check(ObjectNode json, Arns arns) {
    Members request = Shapes.read("CreateComputeEnvironment", json);
    String name =
        request.name(
            "computeEnvironmentName", "Compute Environment name should match a valid pattern.");
    if (request.text("state").orElse("ENABLED").equals("DISABLED")) {
      throw PrefixedRefusal.of("Compute Environment must be created in ENABLED state.");
    }
    boolean managed = managed(request);
    unmanagedVcpus(request, managed);
    if (managed) {
      Members resources =
          request
              .anyObject("computeResources")
              .orElseThrow(
                  () ->
                      PrefixedRefusal.of(
                          "computeResources is required for a MANAGED compute environment."));
      ComputeResourceMembers.check(resources, request.has("eksConfiguration"));
    } else {
      serviceRole(request);
    }
    request.anyObject("eksConfiguration").ifPresent(eks -> cluster(eks, managed, arns));
    ObjectNode detail = request.json();
    detail.set("tags", request.tags());
    detail.remove(List.of("computeEnvironmentName", "state"));
    return checked(name, detail);
  }

  static Checked checked(String name, ObjectNode detail) {
    Members members = Members.unchecked(detail);
    Optional<Members> resources =
        members.anyObject("computeResources").filter(_ -> managed(members));
    return new Checked(
        name,
        resources.flatMap(r -> r.integer("maxvCpus")).orElse(Integer.MAX_VALUE),
        resources.filter(ComputeResourceMembers::fargate).isPresent(),
        detail);
  }

  /** Of a request or of what is kept; environments of before have no other type. */
  static boolean managed(Members members) {
    return members.text("type").orElse("MANAGED").equals("MANAGED");
  }

  static boolean serviceLinked(Members members) {
    String role = members.text("serviceRole").orElse("");
    return role.isEmpty() || role.endsWith(SERVICE_LINKED);
  }

  static void unmanagedVcpus(Members request, boolean managed) {
    if (managed && request.has("unmanagedvCpus")) {
      throw PrefixedRefusal.of("unmanagedvCpus is not applicable for managed Compute Environments");
    }
    request
        .integer("unmanagedvCpus")
        .filter(vcpus -> vcpus < 0)
        .ifPresent(
            vcpus -> {
              throw PrefixedRefusal.of(
                  "unmanagedvCpus is %d; it should not be negative.".formatted(vcpus));
            });
  }

  private static void serviceRole(Members request) {
    if (!request.says("serviceRole")) {
      throw PrefixedRefusal.of("ServiceRole is required.");
    }
    if (serviceLinked(request)) {
      throw PrefixedRefusal.of(
          "Service Linked Role cannot be used with UNMANAGED Compute Environment");
    }
  }

  private static void cluster(Members eks, boolean managed, Arns arns) {
    if (!managed) {
      throw PrefixedRefusal.of("eksConfiguration is not applicable for UNMANAGED.");
    }
    String cluster = eks.requiredText("eksClusterArn");
    if (!cluster.matches("arn:[^:]+:eks:[^:]+:[0-9]{12}:cluster/[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}")) {
      throw PrefixedRefusal.of("eksClusterArn must be an EKS cluster ARN.");
    }
    if (!cluster.split(":")[3].equals(arns.region())) {
      throw PrefixedRefusal.of(
          "eksClusterArn must be in the same AWS region as the compute environment");
    }
    Namespaces.check("kubernetesNamespace", eks.requiredText("kubernetesNamespace"));
  }

  /**
   * The members of ComputeEnvironmentDetail that follow from what is kept.
   *
   * @param cluster the ARN of the environment's own ECS cluster
   */
  public static ObjectNode answer(ObjectNode detail, String cluster, Arns arns) {
    Members members = Members.unchecked(detail);
    boolean pods = detail.has("eksConfiguration");
    boolean managed = managed(members);
    if (!pods) {
      detail.put("ecsClusterArn", cluster);
    }
    if (managed && !ComputeResourceMembers.fargate(members.anyObject("computeResources").get())) {
      ObjectNode resources = (ObjectNode) detail.get("computeResources");
      if (!resources.has("desiredvCpus")) {
        resources.put("desiredvCpus", resources.path("minvCpus").asInt(0));
      }
      if (!resources.has("tags")) {
        resources.putObject("tags");
      }
      if (resources.path("ec2Configuration").isEmpty()) {
        resources
            .putArray("ec2Configuration")
            .addObject()
            .put("imageType", pods ? "EKS_AL2023" : "ECS_AL2023");
      }
    }
    if (!members.says("serviceRole")) {
      detail.put(
          "serviceRole",
          "arn:aws:iam::%s:role/aws-service-role/batch.amazonaws.com/%s"
              .formatted(arns.account(), SERVICE_LINKED));
    }
    if (managed) {
      ObjectNode policy = detail.withObject("/updatePolicy");
      if (!policy.has("terminateJobsOnUpdate")) {
        policy.put("terminateJobsOnUpdate", false);
      }
      if (!policy.has("jobExecutionTimeoutMinutes")) {
        policy.put("jobExecutionTimeoutMinutes", 30);
      }
    }
    return detail.put("containerOrchestrationType", pods ? "EKS" : "ECS");
  }
}
