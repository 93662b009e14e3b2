package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.task.ContainerTemplates;
import dev.spillway.batch.job.AttemptEnd;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.ContainerEnd;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.logs.LogFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
    if (job.spec().needs().gang()) {
      wire.putObject("nodeProperties").put("numNodes", job.spec().needs().nodes());
    }
    if (!job.attempts().isEmpty()) {
      end(wire.putObject("container"), job.attempts().getLast().end());
    }
    return wire.put("jobDefinition", job.spec().jobDefinitionArn())
        .put("isCancelled", job.cancelled())
        .put("isTerminated", job.terminated());
  }

  /** {@code nodeDetails} of a node, told as a job. */
  public static void node(ObjectNode detail, int node, boolean main) {
    detail.putObject("nodeDetails").put("nodeIndex", node).put("isMainNode", main);
  }

  /** {@code nodeProperties} of a node, in a listing. */
  public static void node(ObjectNode summary, int node, boolean main, int nodes) {
    summary
        .putObject("nodeProperties")
        .put("isMainNode", main)
        .put("nodeIndex", node)
        .put("numNodes", nodes);
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
      ArrayNode its = task.putArray("containers");
      for (JsonNode template : containers(members)) {
        ObjectNode one = its.addObject();
        one.set("name", template.path("name"));
        end(one, attempt.end(), template);
        log(one, template, several(members), job, attempt.on().taskId());
        one.putArray("networkInterfaces");
      }
    } else {
      task(container, members, attempt.on());
      container(members)
          .ifPresent(c -> log(container, c, false, job, main(members, job, attempt.on())));
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
    List<ObjectNode> containers =
        ecs
            ? containers(wire)
            : wire.get("container") instanceof ObjectNode c ? List.of(c) : List.of();
    if (containers.isEmpty()) { // none for pods, nodes
      return;
    }
    ObjectNode task =
        ecs ? (ObjectNode) wire.at("/ecsProperties/taskProperties/0") : containers.getFirst();
    containers.forEach(c -> c.putArray("networkInterfaces"));
    switch (job.state()) {
      case JobState.Starting starting -> task(task, wire, starting.on());
      case JobState.Running running -> {
        task(task, wire, running.on());
        containers.forEach(c -> log(c, c, several(wire), job, running.on().taskId()));
      }
      case JobState _ -> {
        if (!job.attempts().isEmpty()) {
          AttemptRecord last = job.attempts().getLast();
          task(task, wire, last.on());
          for (ObjectNode container : containers) {
            log(container, container, several(wire), job, last.on().taskId());
            end(container, last.end(), container);
          }
        }
      }
    }
  }

  private static List<ObjectNode> containers(ObjectNode members) {
    List<ObjectNode> containers = new ArrayList<>();
    for (JsonNode container : members.at("/ecsProperties/taskProperties/0/containers")) {
      containers.add((ObjectNode) container);
    }
    return containers;
  }

  private static boolean several(ObjectNode members) {
    return containers(members).size() > 1;
  }

  /** The only container, or that of the main node. */
  private static Optional<ObjectNode> container(ObjectNode members) {
    if (members.get("nodeProperties") instanceof ObjectNode nodes) {
      List<ObjectNode> main = ContainerTemplates.of(members, nodes.get("mainNode").asInt());
      return main.size() == 1 ? Optional.of(main.getFirst()) : Optional.empty();
    }
    return Optional.ofNullable((ObjectNode) members.get("container"));
  }

  /** The task of the job, or of its main node. */
  private static String main(ObjectNode members, Job job, Placement on) {
    OptionalInt node =
        members.has("nodeProperties")
            ? OptionalInt.of(members.at("/nodeProperties/mainNode").asInt())
            : OptionalInt.empty();
    return LogFiles.taskId(on, new AttemptId(job.id(), 1).container(node, Optional.empty()));
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

  private static void log(
      ObjectNode wire, JsonNode template, boolean several, Job job, String taskId) {
    Optional<String> name =
        several ? Optional.of(template.path("name").asText()) : Optional.empty();
    LogFiles.stream(template, name, job.spec().jobDefinitionArn(), taskId)
        .ifPresent(stream -> wire.put("logStreamName", stream));
  }

  /** As told of this container, where there are several. */
  private static void end(ObjectNode wire, AttemptEnd end, JsonNode template) {
    Optional<ContainerEnd> own =
        end.containers().stream()
            .filter(c -> c.name().equals(Optional.of(template.path("name").asText())))
            .findFirst();
    if (own.isPresent()) {
      own.get().exitCode().ifPresent(code -> wire.put("exitCode", code));
      own.get().reason().ifPresent(reason -> wire.put("reason", shortened(reason)));
    } else {
      end(wire, end);
    }
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
