package dev.spillway.dispatch.aws;

import dev.spillway.batch.logs.JobLogs;
import java.util.Optional;

/** Logs of the engine in this JVM. */
public final class EmbeddedJobLogs implements JobLogReader {
  private final JobLogs logs;

  public EmbeddedJobLogs(JobLogs logs) {
    this.logs = logs;
  }

  @Override
  public Optional<Piece> read(String jobId, int attempt, long offset, int mostBytes) {
    if (logs.file(jobId, attempt).isEmpty()) {
      return Optional.empty();
    }
    JobLogs.Slice slice = logs.read(jobId, attempt, offset, mostBytes);
    return Optional.of(new Piece(slice.bytes(), slice.nextOffset(), slice.ended()));
  }
}
