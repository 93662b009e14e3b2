package dev.spillway.batch.logs;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Placement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;

/** Names of log files and log streams. Source: AWS Batch user guide, awslogs. */
public record LogFiles(Path root) {
  private static final int PREFIX_MAX = 200;

  /**
   * {@code <yyyy-MM-dd>/<jobId>/<attempt>.log}, or {@code <attempt>.<node>.<name>.log} where an
   * attempt has several containers; the day, in UTC, is that of the placement.
   */
  public Path file(Placement on, AttemptId container) {
    AttemptId task = container.task();
    String part =
        container.jobId().substring(task.jobId().length()).replace('#', '.').replace('/', '.');
    return folder(on, task.jobId()).resolve(container.number() + part + ".log");
  }

  /** What an attempt's files lie in. */
  public Path folder(Placement on, String jobId) {
    return root.resolve(on.placedAt().atZone(ZoneOffset.UTC).toLocalDate().toString())
        .resolve(safe(jobId));
  }

  /** 32 hexadecimal digits: the attempt's, or those of one of its nodes. */
  public static String taskId(Placement on, AttemptId container) {
    if (container.node().isEmpty()) {
      return on.taskId();
    }
    String node = on.taskId() + "#" + container.node().getAsInt();
    return UUID.nameUUIDFromBytes(node.getBytes(StandardCharsets.UTF_8))
        .toString()
        .replace("-", "");
  }

  /**
   * {@code <first 200 characters of the job definition's name>/<container>/<task id>}; only the
   * driver {@code awslogs}, which is the default, has streams.
   *
   * @param template the container in the job definition
   * @param name of the container, where its task has several
   */
  public static Optional<String> stream(
      JsonNode template, Optional<String> name, String jobDefinitionArn, String taskId) {
    JsonNode log = template.path("logConfiguration");
    if (!log.path("logDriver").asText("awslogs").equals("awslogs")) {
      return Optional.empty();
    }
    String definition =
        jobDefinitionArn.substring(
            jobDefinitionArn.lastIndexOf('/') + 1, jobDefinitionArn.lastIndexOf(':'));
    String prefix = log.path("options").path("awslogs-stream-prefix").asText(definition);
    return Optional.of(
        (prefix.length() > PREFIX_MAX ? prefix.substring(0, PREFIX_MAX) : prefix)
            + "/"
            + name.orElse("default")
            + "/"
            + taskId);
  }

  /** Children of arrays carry {@code :}, which not every file system takes. */
  static String safe(String jobId) {
    return jobId.replace(':', '_');
  }
}
