package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.job.AttemptEnd;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.logs.LogFiles;
import java.nio.charset.StandardCharsets;
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
   * Why a job waits.
   *
   * @param statusReason in AWS's words, where AWS has some
   * @param reason in ours: {@code spillwayReason}
   */
  public record Wait(Optional<String> statusReason, Optional<String> reason) {}

  /** One entry of {@code jobs}. */
  public ObjectNode detail(Job job, JobDetail kept, Wait wait) {
    ObjectNode members = Json.read(kept.members());
    ObjectNode wire = Json.object();
    wire.put("jobArn", arns.job(job.id()))
        .put("jobName", job.spec().jobName())
        .put("jobId", job.id())
        .put("jobQueue", arns.jobQueue(job.spec().jobQueue()))
        .put("status", job.status().name());
    ArrayNode attempts = wire.putArray("attempts");
    job.attempts().forEach(a -> attempts.add(attempt(members, job, a)));
    times(wire, job, wait);
    wire.put("jobDefinition", job.spec().jobDefinitionArn());
    wire.setAll(members);
    boolean child = job.spec().child().isPresent();
    wire.set("tags", child ? Json.object() : Json.read(kept.tags()));
    array(wire, job);
    latest(job, wire);
    wire.putArray("eksAttempts");
    return wire.put("isCancelled", job.cancelled()).put("isTerminated", job.terminated());
  }

  /** One entry of {@code jobSummaryList}. */
  public ObjectNode summary(Job job, Wait wait) {
    ObjectNode wire = Json.object();
    wire.put("jobArn", arns.job(job.id()))
        .put("jobId", job.id())
        .put("jobName", job.spec().jobName())
        .put("status", job.status().name());
    times(wire, job, wait);
    job.spec().share().identifier().ifPresent(share -> wire.put("shareIdentifier", share));
    wire.putArray("capacityUsage")
        .addObject()
        .put("capacityUnit", "VCPU")
        .put("quantity", job.spec().needs().vcpuMillis() / 1000.0);
    job.placement(job.attempt())
        .ifPresent(on -> wire.put("scheduledAt", on.placedAt().toEpochMilli()));
    array(wire, job);
    if (!job.attempts().isEmpty()) {
      end(wire.putObject("container"), job.attempts().getLast().end());
    }
    return wire.put("jobDefinition", job.spec().jobDefinitionArn())
        .put("isCancelled", job.cancelled())
        .put("isTerminated", job.terminated());
  }

  private static void times(ObjectNode wire, Job job, Wait wait) {
    wire.put("createdAt", job.spec().createdAt().toEpochMilli());
    job.startedAt().ifPresent(at -> wire.put("startedAt", at.toEpochMilli()));
    job.stoppedAt().ifPresent(at -> wire.put("stoppedAt", at.toEpochMilli()));
    job.statusReason().or(wait::statusReason).ifPresent(reason -> wire.put("statusReason", reason));
    wait.reason().ifPresent(reason -> wire.put("spillwayReason", reason));
  }

  private static void array(ObjectNode wire, Job job) {
    job.spec().child().ifPresent(c -> wire.putObject("arrayProperties").put("index", c.index()));
    job.children()
        .ifPresent(
            children -> {
              ObjectNode array = wire.putObject("arrayProperties");
              ObjectNode summary = array.putObject("statusSummary");
              for (JobStatus status : JobStatus.values()) {
                summary.put(status.name(), children.count(status));
              }
              array.put("statusSummaryLastUpdatedAt", children.movedAt().toEpochMilli());
              array.put("size", children.size());
            });
  }

  private ObjectNode attempt(ObjectNode members, Job job, AttemptRecord attempt) {
    ObjectNode wire = Json.object();
    ObjectNode container = wire.putObject("container");
    ArrayNode tasks = wire.putArray("taskProperties");
    if (members.has("ecsProperties")) {
      ObjectNode task = tasks.addObject();
      task(task, members, attempt.on());
      ObjectNode its = task.putArray("containers").addObject();
      its.set("name", firstContainer(members).path("name"));
      end(its, attempt.end());
      log(its, members, job, attempt.on());
      its.putArray("networkInterfaces");
    } else {
      task(container, members, attempt.on());
      log(container, members, job, attempt.on());
      end(container, attempt.end());
      container.putArray("networkInterfaces");
    }
    attempt.startedAt().ifPresent(at -> wire.put("startedAt", at.toEpochMilli()));
    return wire.put("stoppedAt", attempt.end().at().toEpochMilli())
        .put("statusReason", attempt.end().statusReason());
  }

  /** The latest attempt, where the job's own containers are. */
  private void latest(Job job, ObjectNode wire) {
    boolean ecs = wire.has("ecsProperties");
    ObjectNode container =
        ecs ? firstContainer(wire) : (ObjectNode) wire.get("container"); // none for pods, nodes
    if (container == null) {
      return;
    }
    ObjectNode task = ecs ? (ObjectNode) wire.at("/ecsProperties/taskProperties/0") : container;
    container.putArray("networkInterfaces");
    switch (job.state()) {
      case JobState.Starting starting -> task(task, wire, starting.on());
      case JobState.Running running -> {
        task(task, wire, running.on());
        log(container, wire, job, running.on());
      }
      case JobState _ -> {
        if (!job.attempts().isEmpty()) {
          AttemptRecord last = job.attempts().getLast();
          task(task, wire, last.on());
          log(container, wire, job, last.on());
          end(container, last.end());
        }
      }
    }
  }

  private static ObjectNode firstContainer(ObjectNode members) {
    return (ObjectNode) members.at("/ecsProperties/taskProperties/0/containers/0");
  }

  private void task(ObjectNode task, ObjectNode members, Placement on) {
    boolean fargate = members.path("platformCapabilities").path(0).asText().equals("FARGATE");
    if (!fargate) {
      task.put(
          "containerInstanceArn", arns.containerInstance(on.cluster(), hexId(on.instanceId())));
    }
    task.put("taskArn", arns.task(on.cluster(), on.taskId()));
  }

  /** The instance's id as ECS knows it: another name of the same thing. */
  private static String hexId(String instanceId) {
    return UUID.nameUUIDFromBytes(instanceId.getBytes(StandardCharsets.UTF_8))
        .toString()
        .replace("-", "");
  }

  /** Only the driver {@code awslogs}, which is the default, has streams. */
  private static void log(ObjectNode container, ObjectNode members, Job job, Placement on) {
    ObjectNode own =
        members.has("ecsProperties")
            ? firstContainer(members)
            : (ObjectNode) members.get("container");
    JsonNode log = own == null ? Json.object() : own.path("logConfiguration");
    if (!log.path("logDriver").asText("awslogs").equals("awslogs")) {
      return;
    }
    String arn = job.spec().jobDefinitionArn();
    String name = arn.substring(arn.lastIndexOf('/') + 1, arn.lastIndexOf(':'));
    String prefix = log.path("options").path("awslogs-stream-prefix").asText(name);
    container.put("logStreamName", LogFiles.stream(prefix, on.taskId()));
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
