package dev.spillway.batch.api.wire;

import dev.spillway.batch.api.PrefixedRefusal;
import java.util.List;

/** Checks {@code logConfiguration} and {@code secrets}. Source: LogConfiguration, Secret. */
final class LogMembers {
  private LogMembers() {}

  static void check(Members container, Task task) {
    container
        .anyObject("logConfiguration")
        .ifPresent(
            log -> {
              String driver = log.requiredText("logDriver");
              if (task.fargate() && !onFargate(task).contains(driver)) {
                throw PrefixedRefusal.of("Log driver for Fargate is not valid: " + driver);
              }
              secrets(log, "secretOptions", task);
            });
    secrets(container, "secrets", task);
  }

  private static List<String> onFargate(Task task) {
    return task.ecs() ? List.of("awslogs", "splunk", "awsfirelens") : List.of("awslogs", "splunk");
  }

  private static void secrets(Members holder, String member, Task task) {
    if (holder.says(member) && !task.executionRole()) {
      throw PrefixedRefusal.of(
          "executionRoleArn cannot be empty when using secrets or secretOptions");
    }
    for (Members secret : holder.anyObjects(member)) {
      if (secret.requiredText("name").startsWith("AWS_BATCH")) {
        throw ContainerMembers.reserved(secret.requiredText("name"));
      }
    }
  }
}
