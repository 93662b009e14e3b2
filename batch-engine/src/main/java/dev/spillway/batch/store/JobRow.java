package dev.spillway.batch.store;

import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.job.Size;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A row of the table job, read by place: a start may read a million of them. */
record JobRow(
    String jobId,
    String parentId,
    Integer arraySize,
    JobSpec spec,
    JobStatus status,
    String progress) {

  static final String SELECT =
      """
      select job_id, parent_id, child_index, array_size, job_name, job_queue, job_definition_arn,
        created_at, vcpu_millis, memory_mib, attempts, timeout_seconds, share_identifier,
        scheduling_priority, idempotency_key, request_hash, settings, status, progress from job""";

  static JobRow of(ResultSet row) throws SQLException {
    String parentId = row.getString(2);
    Integer arraySize = integer(row, 4);
    String key = row.getString(15);
    String share = row.getString(13);
    Integer timeout = integer(row, 12);
    JobJson.Settings settings = JobJson.Settings.of(row.getString(17));
    JobSpec spec =
        new JobSpec(
            row.getString(1),
            row.getString(5),
            row.getString(6),
            row.getString(7),
            Instant.ofEpochMilli(row.getLong(8)),
            new JobSpec.Needs(
                new Size(row.getLong(9), row.getLong(10), settings.gpus()),
                settings.nodes(),
                settings.consumables()),
            retry(row.getInt(11), settings),
            timeout == null ? Optional.empty() : Optional.of(Duration.ofSeconds(timeout)),
            settings.dependsOn(),
            array(parentId, row.getInt(3), arraySize, settings.sequential()),
            share == null && row.getInt(14) == 0
                ? JobSpec.Share.NONE
                : new JobSpec.Share(Optional.ofNullable(share), row.getInt(14)),
            key == null
                ? Optional.empty()
                : Optional.of(new JobSpec.IdempotencyKey(key, row.getString(16))));
    return new JobRow(
        row.getString(1),
        parentId,
        arraySize,
        spec,
        JobStatus.valueOf(row.getString(18)),
        row.getString(19));
  }

  Job job(byte[][] chunks) {
    return JobJson.job(spec, status, progress, chunks);
  }

  private static RetryRules retry(int attempts, JobJson.Settings settings) {
    return attempts == 1 && settings.evaluateOnExit().isEmpty()
        ? RetryRules.NONE
        : new RetryRules(attempts, settings.evaluateOnExit());
  }

  private static Optional<ArrayRole> array(
      String parentId, int index, Integer size, boolean sequential) {
    if (size == null) {
      return Optional.empty();
    }
    return Optional.of(
        parentId == null
            ? new ArrayRole.Parent(size, sequential)
            : new ArrayRole.Child(parentId, index, size));
  }

  private static Integer integer(ResultSet row, int place) throws SQLException {
    int value = row.getInt(place);
    return row.wasNull() ? null : Integer.valueOf(value);
  }
}
