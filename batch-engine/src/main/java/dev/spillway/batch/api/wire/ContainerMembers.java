package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;

/**
 * Checks {@code containerProperties}, and what a container of it and one of {@code ecsProperties}
 * have in common. Every member is kept and answered; what can run here is another matter, which
 * {@link dev.spillway.batch.execution.Runnability} decides.
 */
final class ContainerMembers {
  private static final String USER_PART = "[a-z0-9_][a-z0-9_-]{0,30}";
  private static final List<String> EMPTY_LISTS =
      List.of(
          "command",
          "volumes",
          "environment",
          "mountPoints",
          "ulimits",
          "resourceRequirements",
          "secrets");

  private ContainerMembers() {}

  /** Checks all of {@code containerProperties} but how much it asks for. */
  static Task check(Members container, Platform platform, boolean allowPrivileged) {
    if (platform == Platform.MANAGED_INSTANCES) {
      throw PrefixedRefusal.of("Cannot use ECS containerProperties for MANAGED_INSTANCES");
    }
    Task task = Task.of(container, platform, allowPrivileged);
    for (String member : List.of("vcpus", "memory", "instanceType")) {
      if (task.fargate() && container.has(member)) {
        throw PrefixedRefusal.of(member + " is not applicable for Fargate.");
      }
    }
    checkCommon(container, task);
    return task;
  }

  /** What containers of both kinds have. */
  static void checkCommon(Members container, Task task) {
    checkImage(container);
    checkCommand(container, "command");
    checkEnvironment(container, "environment");
    container.text("user").ifPresent(ContainerMembers::checkUser);
    if (container.bool("privileged").orElse(false)) {
      if (task.fargate()) {
        throw PrefixedRefusal.of("privileged is not applicable for Fargate.");
      }
      checkPrivileged(container.path("privileged"), task.allowPrivileged());
    }
    LinuxParameterMembers.check(container, task);
    LogMembers.check(container, task);
    VolumeMembers.mountPoints(container, task.volumes());
    ResourceRequirementMembers.byType(container);
  }

  static void checkImage(Members container) {
    String image =
        container
            .text("image")
            .filter(i -> !i.isEmpty())
            .orElseThrow(() -> PrefixedRefusal.of("ECS Container Image must be provided."));
    if (!image.matches("[a-zA-Z0-9_:./#@-]{1,255}")) {
      throw PrefixedRefusal.of(
          "%s is %s; it should have 1 to 255 letters, digits and -_:./#@."
              .formatted(container.path("image"), image));
    }
  }

  /** True was asked for; this server's settings decide. */
  static void checkPrivileged(String path, boolean allowed) {
    if (!allowed) {
      throw PrefixedRefusal.of(
          path
              + " is true, but this server does not allow privileged containers; its settings"
              + " decide that.");
    }
  }

  private static void checkUser(String user) {
    if (!user.matches(USER_PART + "(:" + USER_PART + ")?")) {
      throw PrefixedRefusal.of("User '%s' does not match regex".formatted(user));
    }
  }

  /** {@code member} is a list of arguments. */
  static void checkCommand(Members container, String member) {
    ProcessTexts.checkAll(container.path(member), container.texts(member));
  }

  /** {@code member} is the list of variables. */
  static void checkEnvironment(Members container, String member) {
    for (Members variable : container.objects(member, "name", "value")) {
      String name = ProcessTexts.variableName(variable);
      variable.text("value").ifPresent(v -> ProcessTexts.check(variable.path("value"), v));
      if (name.startsWith("AWS_BATCH")) {
        throw reserved(name);
      }
    }
  }

  static PrefixedRefusal reserved(String name) {
    return PrefixedRefusal.of(
        "Environment variable %s begins with AWS_BATCH, which is reserved.".formatted(name));
  }

  /** The lists that AWS answers as {@code []} when they are empty. */
  static void putEmptyLists(ObjectNode container) {
    for (String list : EMPTY_LISTS) {
      if (!container.hasNonNull(list)) {
        container.putArray(list);
      }
    }
  }
}
