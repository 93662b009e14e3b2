package dev.spillway.batch.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.wire.Json;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.task.ContainerTemplates;
import dev.spillway.batch.execution.task.TaskProgress;
import dev.spillway.batch.execution.task.TaskProgress.ContainerView;
import dev.spillway.batch.job.AttemptEnd;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.ContainerEnd;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobLifecycle;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.logs.LogFiles;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The nodes of a multi-node job as jobs of their own: {@code jobId#index}. They have no record; all
 * that is known of them is the job's, its containers' while it lives, and how these ended.
 *
 * <p>Source: AWS Batch user guide, multi-node parallel jobs; API NodeDetails.
 */
final class NodeJobs {
  private final EngineAccess engine;

  NodeJobs(EngineAccess engine) {
    this.engine = engine;
  }

  /** The job and the node that {@code id} names; empty when it names no node. */
  static Optional<NodeId> parse(String id) {
    int hash = id.lastIndexOf('#');
    return hash < 0 || !id.substring(hash + 1).matches("0|[1-9][0-9]{0,3}")
        ? Optional.empty()
        : Optional.of(new NodeId(id.substring(0, hash), Integer.parseInt(id.substring(hash + 1))));
  }

  /** A node of a job. */
  record NodeId(String jobId, int node) {}

  /** A node, told as a job. */
  record NodeJob(Job job, JobDetail detail, int node, boolean main) {}

  /** Empty when the job has no such node. */
  Optional<NodeJob> of(Job parent, JobDetail detail, int node) {
    ObjectNode members = Json.read(detail.members());
    if (!(members.get("nodeProperties") instanceof ObjectNode nodes)
        || node >= nodes.get("numNodes").asInt()) {
      return Optional.empty();
    }
    int main = nodes.get("mainNode").asInt();
    ObjectNode own = members.deepCopy();
    own.remove("nodeProperties");
    List<ObjectNode> containers = ContainerTemplates.of(members, node);
    if (containers.size() == 1) {
      own.set("container", containers.getFirst());
    } else {
      own.putObject("container");
      own.putObject("ecsProperties")
          .putArray("taskProperties")
          .addObject()
          .putArray("containers")
          .addAll(containers);
    }
    List<AttemptRecord> attempts =
        parent.attempts().stream().map(a -> attempt(a, parent, node, main)).toList();
    Job job =
        new Job(
            spec(parent.spec(), node),
            state(parent, node, main, attempts),
            parent.order(),
            attempts,
            parent.cancelled(),
            parent.terminated(),
            Optional.empty());
    return Optional.of(
        new NodeJob(job, new JobDetail(own.toString(), detail.tags()), node, node == main));
  }

  private static JobSpec spec(JobSpec of, int node) {
    return new JobSpec(
        of.jobId() + "#" + node,
        of.jobName(),
        of.jobQueue(),
        of.jobDefinitionArn(),
        of.createdAt(),
        new JobSpec.Needs(of.needs().size(), 1, List.of()),
        of.retry(),
        of.timeout(),
        of.dependsOn(),
        Optional.empty(),
        of.share(),
        Optional.empty());
  }

  private static AttemptRecord attempt(AttemptRecord of, Job parent, int node, int main) {
    List<ContainerEnd> ends = of.end().containers().stream().filter(c -> c.node() == node).toList();
    // How a node of several containers ended is told by each of them.
    Optional<ContainerEnd> end = ends.size() == 1 ? Optional.of(ends.getFirst()) : Optional.empty();
    boolean mainOfSeveral = end.isEmpty() && node == main;
    return new AttemptRecord(
        of.number(),
        placement(of.on(), parent, node, main),
        of.startedAt(),
        new AttemptEnd(
            of.end().statusReason(),
            mainOfSeveral ? of.end().reason() : end.flatMap(ContainerEnd::reason),
            mainOfSeveral
                ? of.end().exitCode()
                : end.map(ContainerEnd::exitCode).orElse(OptionalInt.empty()),
            of.end().at(),
            ends));
  }

  private static Placement placement(Placement on, Job parent, int node, int main) {
    List<String> instances = on.instances();
    int place = node == main ? 0 : node < main ? node + 1 : node;
    return new Placement(
        on.computeEnvironment(),
        on.cluster(),
        place < instances.size() ? instances.get(place) : on.instanceId(),
        List.of(),
        LogFiles.taskId(
            on, new AttemptId(parent.id(), 1).container(OptionalInt.of(node), Optional.empty())),
        on.placedAt());
  }

  private JobState state(Job parent, int node, int main, List<AttemptRecord> attempts) {
    return switch (parent.state()) {
      case JobState.Running(int attempt, Placement on, Instant at, var stop) -> {
        Placement own = placement(on, parent, node, main);
        yield switch (phase(new AttemptId(parent.id(), attempt), node)) {
          case WAITING, STARTING -> new JobState.Starting(attempt, own, stop);
          case RUNNING -> new JobState.Running(attempt, own, at, stop);
          case ENDED -> ended(attempt, new AttemptId(parent.id(), attempt), node, at);
        };
      }
      case JobState.Succeeded(int number, var reason, Instant at) ->
          node == main || well(attempts)
              ? new JobState.Succeeded(number, reason, at)
              : new JobState.Failed(number, reason.orElse(""), at);
      case JobState.Failed(int number, String reason, Instant at) ->
          node != main && well(attempts)
              ? new JobState.Succeeded(number, Optional.of(reason), at)
              : new JobState.Failed(number, reason, at);
      case JobState other -> other;
    };
  }

  private static boolean well(List<AttemptRecord> attempts) {
    return !attempts.isEmpty()
        && !attempts.getLast().end().containers().isEmpty()
        && attempts.getLast().end().containers().stream()
            .allMatch(c -> c.exitCode().orElse(1) == 0);
  }

  private TaskProgress.Phase phase(AttemptId attempt, int node) {
    List<ContainerView> of = containers(attempt, node);
    if (of.stream().anyMatch(c -> c.container().essential() && ended(c))) {
      return TaskProgress.Phase.ENDED;
    }
    return of.stream().anyMatch(c -> c.phase() == TaskProgress.Phase.RUNNING)
        ? TaskProgress.Phase.RUNNING
        : TaskProgress.Phase.STARTING;
  }

  private JobState ended(int number, AttemptId attempt, int node, Instant at) {
    boolean well =
        containers(attempt, node).stream()
            .filter(c -> c.container().essential() && ended(c))
            .allMatch(c -> c.exitCode().orElse(1) == 0);
    String reason = JobLifecycle.CONTAINER_EXITED;
    return well
        ? new JobState.Succeeded(number, Optional.of(reason), at)
        : new JobState.Failed(number, reason, at);
  }

  private static boolean ended(ContainerView container) {
    return container.phase() == TaskProgress.Phase.ENDED;
  }

  private List<ContainerView> containers(AttemptId attempt, int node) {
    return engine.containers(attempt).stream().filter(c -> c.container().node() == node).toList();
  }
}
