package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.PrefixedRefusal;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Applies an UpdateComputeEnvironment to what is kept of the environment.
 *
 * <p>Source: API UpdateComputeEnvironment, ComputeResourceUpdate; user guide, updating compute
 * environments.
 */
public final class ComputeEnvironmentUpdate {
  /** What is changed without replacing instances; everything else replaces them. */
  private static final Set<String> SCALING =
      Set.of("minvCpus", "maxvCpus", "desiredvCpus", "scalingPolicy");

  private static final Set<String> ON_FARGATE =
      Set.of("maxvCpus", "subnets", "securityGroupIds", "type");

  /** Members that an empty value takes away. */
  private static final Set<String> REMOVABLE =
      Set.of("imageId", "ec2KeyPair", "placementGroup", "ec2Configuration");

  private ComputeEnvironmentUpdate() {}

  /** The request, checked as far as it can be without the environment. */
  public static Members read(ObjectNode json) {
    return Shapes.read("UpdateComputeEnvironment", json);
  }

  /**
   * What an update comes to.
   *
   * @param replaces its instances are not as it says any more
   * @param desiredVcpus as asked for
   */
  public record Change(
      ComputeEnvironment environment, boolean replaces, Optional<Integer> desiredVcpus) {}

  /**
   * The environment after {@code request}, which {@link #read} gave.
   *
   * @param desiredNow what its instances have
   */
  public static Change apply(ComputeEnvironment now, Members request, int desiredNow) {
    ObjectNode detail = Json.read(now.detail());
    Members kept = Members.unchecked(detail);
    boolean managed = ComputeEnvironmentMembers.managed(kept);
    ComputeEnvironmentMembers.unmanagedVcpus(request, managed);
    serviceRole(kept, request, managed);
    for (String member : List.of("unmanagedvCpus", "serviceRole", "context")) {
      if (request.has(member)) {
        detail.set(member, request.json().get(member));
      }
    }
    request
        .anyObject("updatePolicy")
        .ifPresent(policy -> detail.withObject("/updatePolicy").setAll(policy.json()));
    Optional<Members> given =
        request.anyObject("computeResources").filter(resources -> !resources.json().isEmpty());
    boolean replaces = given.isPresent() && resources(detail, given.get(), managed, desiredNow);
    return new Change(
        now.updated(
            request.oneOf("state", ComputeEnvironment.State.class).orElse(now.state()),
            detail.toString()),
        replaces,
        given.flatMap(resources -> resources.integer("desiredvCpus")));
  }

  private static void serviceRole(Members kept, Members request, boolean managed) {
    if (!request.has("serviceRole")) {
      return;
    }
    boolean linked = ComputeEnvironmentMembers.serviceLinked(request);
    if (!managed && linked) {
      throw PrefixedRefusal.of(
          "Service Linked Role cannot be used with UNMANAGED Compute Environment");
    }
    if (linked != ComputeEnvironmentMembers.serviceLinked(kept)) {
      throw BatchApiException.client(
          "The service role of a compute environment cannot be changed from a service-linked role"
              + " to another kind of role, nor back.");
    }
  }

  /** True when the instances have to be replaced. */
  private static boolean resources(
      ObjectNode detail, Members given, boolean managed, int desiredNow) {
    if (!managed) {
      throw PrefixedRefusal.of(
          "computeResources is not applicable for unmanaged Compute Environments");
    }
    ObjectNode own = (ObjectNode) detail.get("computeResources");
    Members before = Members.unchecked(own.deepCopy());
    boolean replaces = false;
    if (ComputeResourceMembers.fargate(before)) {
      fargate(given);
    } else {
      boolean linked = ComputeEnvironmentMembers.serviceLinked(Members.unchecked(detail));
      replaces = instances(before, given, linked, desiredNow);
    }
    for (Map.Entry<String, JsonNode> entry : given.json().properties()) {
      set(own, entry.getKey(), entry.getValue());
    }
    if (own.has("desiredvCpus") && !given.has("desiredvCpus")) {
      int min = own.path("minvCpus").asInt(0);
      int max = own.path("maxvCpus").asInt();
      own.put("desiredvCpus", Math.clamp(own.get("desiredvCpus").asInt(), min, Math.max(min, max)));
    }
    ComputeResourceMembers.check(Members.unchecked(own), detail.has("eksConfiguration"));
    return replaces;
  }

  private static void fargate(Members given) {
    for (Map.Entry<String, JsonNode> entry : given.json().properties()) {
      if (!ON_FARGATE.contains(entry.getKey())) {
        throw PrefixedRefusal.of(entry.getKey() + " is not applicable for Fargate.");
      }
    }
    given
        .text("type")
        .filter(type -> !type.startsWith("FARGATE"))
        .ifPresent(ComputeEnvironmentUpdate::otherKind);
  }

  private static boolean instances(
      Members before, Members given, boolean serviceLinked, int desired) {
    given
        .text("type")
        .filter(type -> type.startsWith("FARGATE"))
        .ifPresent(ComputeEnvironmentUpdate::otherKind);
    if (given.integer("desiredvCpus").filter(wanted -> wanted < desired).isPresent()) {
      throw BatchApiException.client(
          "Manually scaling down compute environment is not supported. Disconnecting job queues"
              + " from compute environment will cause it to scale-down to minvCpus.");
    }
    List<String> infrastructure =
        given.json().properties().stream()
            .filter(entry -> !SCALING.contains(entry.getKey()))
            .filter(entry -> !entry.getValue().equals(before.json().get(entry.getKey())))
            .filter(entry -> !entry.getValue().equals(BooleanNode.FALSE))
            .map(Map.Entry::getKey)
            .toList();
    if (infrastructure.isEmpty()) {
      return false;
    }
    if (before.text("allocationStrategy").orElse("BEST_FIT").equals("BEST_FIT")) {
      throw BatchApiException.client(
          "%s cannot be updated: compute environments with the allocation strategy BEST_FIT have no infrastructure updates."
              .formatted(String.join(", ", infrastructure)));
    }
    if (!serviceLinked) {
      throw BatchApiException.client(
          "%s cannot be updated: compute environments without the service-linked role have no infrastructure updates."
              .formatted(String.join(", ", infrastructure)));
    }
    return true;
  }

  private static void otherKind(String type) {
    throw BatchApiException.client(
        "The type cannot be updated to %s; EC2 and SPOT can be exchanged, and so can FARGATE and FARGATE_SPOT."
            .formatted(type));
  }

  private static void set(ObjectNode own, String member, JsonNode value) {
    boolean empty =
        value.isTextual() ? value.textValue().isEmpty() : value.isArray() && value.isEmpty();
    if (empty && REMOVABLE.contains(member)) {
      own.remove(member);
    } else if (member.equals("launchTemplate")) {
      launchTemplate(own, (ObjectNode) value);
    } else if (member.equals("scalingPolicy")
        && value.path("minScaleDownDelayMinutes").asInt(0) == 0) {
      own.remove(member);
    } else if (!member.equals("updateToLatestImageVersion")) { // there are no images to renew
      own.set(member, value);
    }
  }

  /** An empty id or name takes the template away, empty overrides take these away. */
  private static void launchTemplate(ObjectNode own, ObjectNode given) {
    ObjectNode template = given.deepCopy();
    if (template.path("overrides").isArray() && template.get("overrides").isEmpty()) {
      template.remove("overrides");
    }
    boolean removed =
        List.of("launchTemplateId", "launchTemplateName").stream()
            .anyMatch(member -> given.has(member) && given.get(member).textValue().isEmpty());
    if (removed) {
      template.remove(List.of("launchTemplateId", "launchTemplateName", "version"));
    }
    if (template.isEmpty() && (removed || given.has("overrides"))) {
      if (removed) {
        own.remove("launchTemplate");
      } else if (own.get("launchTemplate") instanceof ObjectNode kept) {
        kept.remove("overrides");
      }
    } else {
      own.set("launchTemplate", template);
    }
  }
}
