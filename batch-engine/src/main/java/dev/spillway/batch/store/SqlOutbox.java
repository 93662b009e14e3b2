package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobStatus;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The outbox's lines, read. Each is told with the job as it was when the line was written. */
final class SqlOutbox {
  private final SqlReads reads;

  SqlOutbox(SqlReads reads) {
    this.reads = reads;
  }

  private record Line(
      long sequence, OutboxKind kind, String jobId, JobStatus status, Instant at, String what) {}

  /** Of a blocked queue: the reason, a line's end, the job. */
  static String blocked(OutboxEvent.QueueBlocked event) {
    return event.reason().replace('\n', ' ') + "\n" + JobJson.progress(event.job());
  }

  private static String reason(String blocked) {
    return blocked.lines().findFirst().orElse("");
  }

  /** The last of each queue that has one; whether it holds still is for the scheduler to say. */
  List<Loaded.Blocked> blocked(Arns arns) throws SQLException {
    return reads.rows(
        "select job_queue, job_id, what, at from outbox",
        """
        and kind = 'QUEUE_BLOCKED' and sequence in (select max(sequence) from outbox
          where account = ? and region = ? and kind = 'QUEUE_BLOCKED' group by job_queue)""",
        row -> {
          String reason = reason(row.getString(3));
          return new Loaded.Blocked(
              row.getString(1),
              new Step.Waiting(
                  row.getString(2), reason, Optional.of(reason), SqlReads.instant(row, "at")));
        },
        arns.account(),
        arns.region());
  }

  List<OutboxEvent> after(long sequence, int limit, Arns arns) throws SQLException {
    List<Line> lines =
        reads.rows(
            "select sequence, kind, job_id, status, at, what from outbox",
            "and sequence + span > ? and sequence >= coalesce((select max(sequence) from outbox"
                + " where account = ? and region = ? and sequence <= ?), 0)"
                + " order by sequence limit ?",
            row ->
                new Line(
                    row.getLong(1),
                    OutboxKind.valueOf(row.getString(2)),
                    row.getString(3),
                    JobStatus.valueOf(row.getString(4)),
                    SqlReads.instant(row, "at"),
                    row.getString(6)),
            sequence + 1,
            arns.account(),
            arns.region(),
            sequence + 1,
            limit);
    Map<String, Job> jobs = new HashMap<>();
    reads
        .find(lines.stream().map(Line::jobId).collect(Collectors.toSet()))
        .forEach(j -> jobs.put(j.id(), j));
    List<OutboxEvent> events = new ArrayList<>();
    for (Line line : lines) {
      Job job = jobs.get(line.jobId());
      if (job != null) { // else it was forgotten just now, and so will its lines be
        events.add(event(line, job));
      }
    }
    return events;
  }

  private static OutboxEvent event(Line line, Job job) {
    return switch (line.kind()) {
      case JOB_STATE_CHANGE ->
          new OutboxEvent.JobStateChange(line.sequence(), then(line, job, line.what()), line.at());
      case CHILD_STATE_CHANGES ->
          new OutboxEvent.ChildStateChanges(
              line.sequence(), job, JobJson.ranges(line.what()), line.status(), line.at());
      case QUEUE_BLOCKED -> {
        String[] parts = line.what().split("\n", 2);
        yield new OutboxEvent.QueueBlocked(
            line.sequence(),
            parts.length == 2 ? then(line, job, parts[1]) : job,
            parts[0],
            line.at());
      }
    };
  }

  /** An array's parent moves twice: before any child, and after the last. */
  private static Job then(Line line, Job job, String progress) {
    Optional<ArrayChildren> children =
        line.status().terminal()
            ? job.children()
            : job.spec()
                .array()
                .filter(ArrayRole.Parent.class::isInstance)
                .map(array -> ArrayChildren.pending(array.size(), line.at()));
    return JobJson.job(job.spec(), line.status(), progress, new byte[0][]).with(children);
  }
}
