package dev.spillway.batch.execution.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ContainerOptions;
import dev.spillway.batch.execution.Secrets;
import dev.spillway.batch.execution.task.TaskOutline.After;
import dev.spillway.batch.execution.task.TaskOutline.Container;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.logs.LogFiles;
import dev.spillway.batch.logs.LogStreams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what has to run from a job as it was resolved at SubmitJob.
 *
 * <p>Source: AWS Batch user guide, job environment variables, multi-node parallel jobs.
 */
public final class TaskFactory {
  private static final Logger LOG = LoggerFactory.getLogger(TaskFactory.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final BatchSettings settings;
  private final LogFiles logs;
  private final OptionsReader options;
  private final Secrets secrets;
  private final LogStreams streams;

  public TaskFactory(BatchSettings settings, Secrets secrets, LogStreams streams) {
    this.settings = settings;
    this.logs = new LogFiles(settings.dataDirectory().resolve("logs"));
    this.options = new OptionsReader(settings, secrets);
    this.secrets = secrets;
    this.streams = streams;
  }

  /** The attempt in progress of {@code job}. */
  public Task of(Job job, JobDetail detail) {
    AttemptId id = new AttemptId(job.id(), job.attempt());
    Placement on = job.placement(job.attempt()).orElseThrow();
    JsonNode members = members(job, detail);
    Map<AttemptId, ObjectNode> containers = new HashMap<>();
    List<Container> outline = new ArrayList<>();
    int nodes = members.path("nodeProperties").path("numNodes").asInt(1);
    OptionalInt several =
        members.has("nodeProperties") ? OptionalInt.of(nodes) : OptionalInt.empty();
    for (int node = 0; node < nodes; node++) {
      List<ObjectNode> ofNode = ContainerTemplates.of(members, node);
      for (ObjectNode container : ofNode) {
        Optional<String> name =
            ofNode.size() > 1 ? Optional.of(container.get("name").asText()) : Optional.empty();
        AttemptId unit =
            id.container(several.isPresent() ? OptionalInt.of(node) : OptionalInt.empty(), name);
        Path log = logs.file(on, unit);
        containers.put(unit, container);
        outline.add(
            new Container(
                unit,
                node,
                name,
                container.path("essential").asBoolean(true) || ofNode.size() == 1,
                after(container),
                seconds(container, "startTimeout"),
                seconds(container, "stopTimeout"),
                log));
        openStream(job, container, unit, log);
      }
    }
    Optional<String> obstacle = Runnability.obstacle(members);
    if (outline.isEmpty()) { // pods: they fail when they should start
      outline.add(
          new Container(
              id,
              0,
              Optional.empty(),
              true,
              List.of(),
              Optional.empty(),
              Optional.empty(),
              logs.file(on, id)));
    }
    int mainNode = members.path("nodeProperties").path("mainNode").asInt(0);
    boolean fargate = members.path("platformCapabilities").path(0).asText().equals("FARGATE");
    return new Task(
        new TaskOutline(id, mainNode, List.copyOf(outline)),
        (container, mainAddress) -> {
          if (obstacle.isPresent()) {
            throw new NotRunnableException(obstacle.get());
          }
          return attempt(
              new Placed(job, fargate, several, mainNode, mainAddress, outline),
              container,
              containers.get(container.unit()));
        });
  }

  /** Its name is known before it starts, as its files are. */
  private void openStream(Job job, JsonNode container, AttemptId unit, Path log) {
    Placement on = job.placement(job.attempt()).orElseThrow();
    LogFiles.stream(
            container, unit.name(), job.spec().jobDefinitionArn(), LogFiles.taskId(on, unit))
        .ifPresent(
            stream ->
                streams.opened(
                    new LogStreams.Stream(
                        LogStreams.JOBS,
                        stream,
                        log,
                        unit.task().toString(),
                        on.placedAt(),
                        Optional.empty())));
  }

  /** What all containers of an attempt have in common. */
  private record Placed(
      Job job,
      boolean fargate,
      OptionalInt nodes,
      int mainNode,
      Optional<String> mainAddress,
      List<Container> outline) {

    /** Where a container that is not alone stands. */
    Optional<ContainerOptions.TaskPlace> place(Container container) {
      if (outline.size() == 1) {
        return Optional.empty();
      }
      long besides = outline.stream().filter(c -> c.node() == container.node()).count();
      return Optional.of(
          new ContainerOptions.TaskPlace(
              container.unit().task(),
              nodes.isPresent() ? OptionalInt.of(container.node()) : OptionalInt.empty(),
              nodes.isPresent(),
              besides > 1));
    }
  }

  private Attempt attempt(Placed placed, Container container, ObjectNode template) {
    Job job = placed.job();
    List<String> command = new ArrayList<>();
    template.path("command").forEach(c -> command.add(c.asText()));
    Size size = job.spec().needs().size();
    double vcpus = requirement(template, "VCPU", "vcpus", size.vcpuMillis() / 1000.0);
    double memoryMib = requirement(template, "MEMORY", "memory", size.memoryMib());
    if (vcpus > settings.hostVcpus() || memoryMib > settings.hostMemoryMib()) {
      LOG.info(
          "job={} attempt={} asked for {} vCPU and {} MiB; it gets what this host has: {} vCPU and"
              + " {} MiB at most",
          container.unit().jobId(),
          job.attempt(),
          vcpus,
          memoryMib,
          settings.hostVcpus(),
          settings.hostMemoryMib());
    }
    return new Attempt(
        container.unit(),
        template.get("image").asText(),
        List.copyOf(command),
        environment(placed, container, template),
        Math.min(vcpus, settings.hostVcpus()),
        Math.min((long) memoryMib, settings.hostMemoryMib()),
        Optional.ofNullable(template.get("user")).map(JsonNode::asText),
        template.path("privileged").asBoolean(false),
        template.path("readonlyRootFilesystem").asBoolean(false),
        container.log(),
        network(placed, options.read(template, placed.place(container))));
  }

  /**
   * On an instance, a container has the network of the instance; a task of Fargate, one with
   * several containers, and a node have one of their own. Source: AWS Batch user guide, networking.
   */
  private static ContainerOptions network(Placed placed, ContainerOptions read) {
    Placement on = placed.job().placement(placed.job().attempt()).orElseThrow();
    return placed.fargate() || read.task().isPresent() ? read : read.on(on.instanceId());
  }

  /**
   * Precedence: definition and job, secrets, then the service's own variables. Executors put {@link
   * dev.spillway.batch.execution.AmbientEnvironment} beneath these.
   */
  private SortedMap<String, String> environment(
      Placed placed, Container container, ObjectNode template) {
    Job job = placed.job();
    SortedMap<String, String> environment = new TreeMap<>();
    template
        .path("environment")
        .forEach(v -> environment.put(v.get("name").asText(), v.path("value").asText("")));
    for (JsonNode secret : template.path("secrets")) {
      environment.put(secret.get("name").asText(), secret(secret.get("valueFrom").asText()));
    }
    environment.put("AWS_BATCH_JOB_ID", job.id());
    environment.put("AWS_BATCH_JOB_ATTEMPT", Integer.toString(job.attempt()));
    environment.put("AWS_BATCH_JQ_NAME", job.spec().jobQueue());
    environment.put(
        "AWS_BATCH_CE_NAME", job.placement(job.attempt()).orElseThrow().computeEnvironment());
    job.spec()
        .child()
        .ifPresent(
            child -> {
              environment.put("AWS_BATCH_JOB_ARRAY_INDEX", Integer.toString(child.index()));
              environment.put("AWS_BATCH_JOB_ARRAY_SIZE", Integer.toString(child.size()));
            });
    placed
        .nodes()
        .ifPresent(
            count -> {
              environment.put("AWS_BATCH_JOB_ID", job.id() + "#" + container.node());
              environment.put("AWS_BATCH_JOB_NODE_INDEX", Integer.toString(container.node()));
              environment.put("AWS_BATCH_JOB_NUM_NODES", Integer.toString(count));
              environment.put("AWS_BATCH_JOB_MAIN_NODE_INDEX", Integer.toString(placed.mainNode()));
            });
    placed
        .mainAddress()
        .ifPresent(
            address -> environment.put("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS", address));
    return environment;
  }

  private String secret(String valueFrom) {
    try {
      return secrets.value(valueFrom);
    } catch (Secrets.NotFoundException e) {
      throw new NotRunnableException("ResourceInitializationError: " + e.getMessage());
    }
  }

  private static List<After> after(JsonNode container) {
    List<After> after = new ArrayList<>();
    for (JsonNode dependency : container.path("dependsOn")) {
      after.add(
          new After(
              dependency.get("containerName").asText(),
              TaskOutline.Condition.valueOf(dependency.get("condition").asText())));
    }
    return List.copyOf(after);
  }

  private static Optional<Duration> seconds(JsonNode container, String member) {
    return container.has(member)
        ? Optional.of(Duration.ofSeconds(container.get(member).asLong()))
        : Optional.empty();
  }

  static double requirement(JsonNode container, String type, String older, double otherwise) {
    for (JsonNode requirement : container.path("resourceRequirements")) {
      if (requirement.path("type").asText().equals(type)) {
        return Double.parseDouble(requirement.get("value").asText());
      }
    }
    return container.path(older).asDouble(otherwise);
  }

  private static JsonNode members(Job job, JobDetail detail) {
    try {
      return JSON.readTree(detail.members());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("job " + job.id() + " holds JSON that cannot be read", e);
    }
  }
}
