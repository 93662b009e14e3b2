package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.job.AttemptEnd;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.logs.LogFiles;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * How a job reads in DescribeJobs and ListJobs.
 *
 * <p>Units: epoch milliseconds. Absent members are left out, lists without members are {@code []}.
 * <br>
 * Source: API JobDetail, JobSummary, AttemptDetail; the samples of the user guide.
 */
public final class JobDetailMapper {
  private final Arns arns;

  public JobDetailMapper(Arns arns) {
    this.arns = arns;
  }

  /**
   * One entry of {@code jobs}.
   *
   * @param waitingReason why it waits, when it is the head of its queue
   */
  public ObjectNode detail(Job job, Optional<String> waitingReason) {
    ObjectNode wire = Json.object();
    wire.put("jobArn", arns.job(job.id()))
        .put("jobName", job.spec().jobName())
        .put("jobId", job.id())
        .put("jobQueue", arns.jobQueue(job.spec().jobQueue()))
        .put("status", job.status().name());
    ArrayNode attempts = wire.putArray("attempts");
    job.attempts().forEach(a -> attempts.add(attempt(job, a)));
    times(wire, job, waitingReason);
    wire.put("jobDefinition", job.spec().jobDefinitionArn());
    wire.setAll(Json.read(job.spec().detail()));
    container(job, (ObjectNode) wire.get("container"));
    wire.putArray("eksAttempts");
    return wire.put("isCancelled", job.cancelled()).put("isTerminated", job.terminated());
  }

  /** One entry of {@code jobSummaryList}. */
  public ObjectNode summary(Job job, Optional<String> waitingReason) {
    ObjectNode wire = Json.object();
    wire.put("jobArn", arns.job(job.id()))
        .put("jobId", job.id())
        .put("jobName", job.spec().jobName())
        .put("status", job.status().name());
    times(wire, job, waitingReason);
    if (!job.attempts().isEmpty()) {
      end(wire.putObject("container"), job.attempts().getLast().end());
    }
    return wire.put("jobDefinition", job.spec().jobDefinitionArn())
        .put("isCancelled", job.cancelled())
        .put("isTerminated", job.terminated());
  }

  private static void times(ObjectNode wire, Job job, Optional<String> waitingReason) {
    wire.put("createdAt", job.spec().createdAt().toEpochMilli());
    job.startedAt().ifPresent(at -> wire.put("startedAt", at.toEpochMilli()));
    switch (job.state()) {
      case JobState.Succeeded(_, String reason, Instant at) -> ended(wire, reason, at);
      case JobState.Failed(_, String reason, Instant at) -> ended(wire, reason, at);
      case JobState.Runnable _ ->
          waitingReason.ifPresent(reason -> wire.put("statusReason", reason));
      case JobState _ -> {}
    }
  }

  private static void ended(ObjectNode wire, String reason, Instant at) {
    wire.put("statusReason", reason).put("stoppedAt", at.toEpochMilli());
  }

  private ObjectNode attempt(Job job, AttemptRecord attempt) {
    ObjectNode wire = Json.object();
    ObjectNode container = wire.putObject("container");
    place(container, job, attempt.on(), true);
    end(container, attempt.end());
    container.putArray("networkInterfaces");
    attempt.startedAt().ifPresent(at -> wire.put("startedAt", at.toEpochMilli()));
    wire.put("stoppedAt", attempt.end().at().toEpochMilli());
    wire.put("statusReason", attempt.end().statusReason());
    wire.putArray("taskProperties");
    return wire;
  }

  /** The latest attempt, in the job's own container. */
  private void container(Job job, ObjectNode container) {
    container.putArray("networkInterfaces");
    switch (job.state()) {
      case JobState.Starting starting -> place(container, job, starting.on(), false);
      case JobState.Running running -> place(container, job, running.on(), true);
      case JobState _ -> {
        if (!job.attempts().isEmpty()) {
          place(container, job, job.attempts().getLast().on(), true);
          end(container, job.attempts().getLast().end());
        }
      }
    }
  }

  private void place(ObjectNode container, Job job, Placement on, boolean hasLog) {
    if (!fargate(job)) {
      container.put(
          "containerInstanceArn", arns.containerInstance(on.cluster(), hexId(on.instanceId())));
    }
    container.put("taskArn", arns.task(on.cluster(), on.taskId()));
    if (hasLog) {
      container.put("logStreamName", logStream(job, on));
    }
  }

  /** The instance's id as ECS knows it: another name of the same thing. */
  private static String hexId(String instanceId) {
    return UUID.nameUUIDFromBytes(instanceId.getBytes(StandardCharsets.UTF_8))
        .toString()
        .replace("-", "");
  }

  private static boolean fargate(Job job) {
    return Json.read(job.spec().detail())
        .path("platformCapabilities")
        .path(0)
        .asText()
        .equals("FARGATE");
  }

  private static String logStream(Job job, Placement on) {
    String arn = job.spec().jobDefinitionArn();
    String name = arn.substring(arn.lastIndexOf('/') + 1, arn.lastIndexOf(':'));
    String prefix =
        Json.read(job.spec().detail())
            .path("container")
            .path("logConfiguration")
            .path("options")
            .path("awslogs-stream-prefix")
            .asText(name);
    return LogFiles.stream(prefix, on.taskId());
  }

  private static void end(ObjectNode container, AttemptEnd end) {
    if (end.exitCode().isPresent()) {
      container.put("exitCode", end.exitCode().getAsInt());
    }
    end.reason().ifPresent(reason -> container.put("reason", shortened(reason)));
  }

  /** Source: API, ContainerDetail.reason, up to 255 characters. */
  private static String shortened(String reason) {
    return reason.length() > 255 ? reason.substring(0, 255) : reason;
  }
}
