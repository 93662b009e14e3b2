package dev.spillway.batch.logs;

import dev.spillway.batch.job.Placement;
import java.nio.file.Path;
import java.time.ZoneOffset;

/** Names of log files and log streams. Source: AWS Batch user guide, awslogs. */
public record LogFiles(Path root) {

  /** {@code <yyyy-MM-dd>/<jobId>/<attempt>.log}; the day, in UTC, is that of the placement. */
  public Path file(Placement on, String jobId, int attempt) {
    return root.resolve(on.placedAt().atZone(ZoneOffset.UTC).toLocalDate().toString())
        .resolve(safe(jobId))
        .resolve(attempt + ".log");
  }

  /** {@code <first 200 characters of the job definition's name>/default/<task id>}. */
  public static String stream(String jobDefinitionName, String taskId) {
    String prefix =
        jobDefinitionName.length() > 200 ? jobDefinitionName.substring(0, 200) : jobDefinitionName;
    return prefix + "/default/" + taskId;
  }

  /**
   * Children of arrays and nodes carry {@code :} and {@code #}, which not every file system takes.
   */
  static String safe(String jobId) {
    return jobId.replace(':', '_').replace('#', '_');
  }
}
