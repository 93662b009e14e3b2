package dev.spillway.dispatch.aws;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.engine.JobEvents;
import dev.spillway.batch.engine.OutboxEvent;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/** Jobs of the engine in this JVM, through the same operations as the wire API. */
public final class EmbeddedBatchGateway implements BatchGateway, AutoCloseable {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final BatchOperations batch;
  private final JobEvents events;
  private AutoCloseable subscription = () -> {};

  public EmbeddedBatchGateway(BatchOperations batch, JobEvents events) {
    this.batch = batch;
    this.events = events;
  }

  @Override
  public void listen(Consumer<String> changedJobId) {
    subscription =
        events.subscribe(
            event -> {
              if (event instanceof OutboxEvent.JobStateChange change) {
                changedJobId.accept(change.jobId());
              }
            });
  }

  @Override
  public String start(Start start) {
    return call("submitjob", request(start)).path("jobId").asText();
  }

  /** The SubmitJob request of a hop. */
  static ObjectNode request(Start start) {
    ObjectNode request =
        NODES
            .objectNode()
            .put("jobName", start.jobName())
            .put("jobQueue", start.jobQueue())
            .put("jobDefinition", start.jobDefinition());
    put(request.putObject("parameters"), start.parameters());
    ObjectNode overrides = request.putObject("containerOverrides");
    ArrayNode environment = overrides.putArray("environment");
    start
        .environment()
        .forEach((name, value) -> environment.addObject().put("name", name).put("value", value));
    if (!start.command().isEmpty()) {
      start.command().forEach(overrides.putArray("command")::add);
    }
    ArrayNode resources = NODES.arrayNode();
    start.vcpus().ifPresent(n -> resource(resources, "VCPU", Integer.toString(n)));
    start.memoryMib().ifPresent(n -> resource(resources, "MEMORY", Integer.toString(n)));
    if (!resources.isEmpty()) {
      overrides.set("resourceRequirements", resources);
    }
    start
        .timeoutSeconds()
        .ifPresent(n -> request.putObject("timeout").put("attemptDurationSeconds", n));
    // One owner of retries: Batch repeats one lost host, all else comes back to the dispatcher.
    ObjectNode retry = request.putObject("retryStrategy").put("attempts", 2);
    ArrayNode rules = retry.putArray("evaluateOnExit");
    rules.addObject().put("onStatusReason", "Host EC2*").put("action", "RETRY");
    rules
        .addObject()
        .put("onStatusReason", "Your Spot Task was interrupted*")
        .put("action", "RETRY");
    rules.addObject().put("onReason", "*").put("action", "EXIT");
    ObjectNode tags = request.putObject("tags");
    put(tags, start.tags());
    tags.put("spillway:idempotency-key", start.hopKey());
    return request;
  }

  private static void put(ObjectNode object, Map<String, String> members) {
    members.forEach(object::put);
  }

  private static void resource(ArrayNode resources, String type, String value) {
    resources.addObject().put("type", type).put("value", value);
  }

  @Override
  public void cancel(String jobId, String reason) {
    call("terminatejob", NODES.objectNode().put("jobId", jobId).put("reason", reason));
  }

  @Override
  public Optional<Job> lookup(String jobId) {
    ObjectNode request = NODES.objectNode();
    request.putArray("jobs").add(jobId);
    JsonNode job = call("describejobs", request).path("jobs").path(0);
    return job.isMissingNode() ? Optional.empty() : Optional.of(job(job));
  }

  private static Job job(JsonNode job) {
    List<JobAttempt> attempts = new ArrayList<>();
    for (JsonNode attempt : job.path("attempts")) {
      JsonNode container = attempt.path("container");
      attempts.add(
          new JobAttempt(
              attempt.path("startedAt").longValue(),
              attempt.path("stoppedAt").longValue(),
              number(container, "exitCode"),
              text(container, "reason"),
              text(attempt, "statusReason"),
              text(container, "logStreamName")));
    }
    JsonNode container = job.path("container");
    return new Job(
        job.path("jobId").asText(),
        job.path("status").asText(),
        text(job, "statusReason"),
        number(container, "exitCode"),
        text(container, "reason"),
        attempts);
  }

  private static Optional<String> text(JsonNode json, String name) {
    return json.hasNonNull(name) ? Optional.of(json.get(name).asText()) : Optional.empty();
  }

  private static OptionalInt number(JsonNode json, String name) {
    return json.hasNonNull(name) ? OptionalInt.of(json.get(name).intValue()) : OptionalInt.empty();
  }

  @Override
  public String define(Definition definition) {
    Optional<String> there = activeRevision(definition.name());
    if (there.isPresent()) {
      return there.get();
    }
    ObjectNode request =
        NODES.objectNode().put("jobDefinitionName", definition.name()).put("type", "container");
    ObjectNode container =
        request.putObject("containerProperties").put("image", definition.image());
    if (!definition.command().isEmpty()) {
      definition.command().forEach(container.putArray("command")::add);
    }
    ArrayNode resources = container.putArray("resourceRequirements");
    resource(
        resources,
        "VCPU",
        BigDecimal.valueOf(definition.vcpus()).stripTrailingZeros().toPlainString());
    resource(resources, "MEMORY", Long.toString(definition.memoryMib()));
    if (definition.gpus() > 0) {
      resource(resources, "GPU", Integer.toString(definition.gpus()));
    }
    ObjectNode answer = call("registerjobdefinition", request);
    return answer.path("jobDefinitionName").asText() + ":" + answer.path("revision").intValue();
  }

  @Override
  public Optional<String> activeRevision(String jobDefinition) {
    ObjectNode request =
        NODES.objectNode().put("jobDefinitionName", jobDefinition).put("status", "ACTIVE");
    return StreamSupport.stream(
            call("describejobdefinitions", request).path("jobDefinitions").spliterator(), false)
        .max(Comparator.comparingInt(d -> d.path("revision").intValue()))
        .map(d -> d.path("jobDefinitionName").asText() + ":" + d.path("revision").intValue());
  }

  private ObjectNode call(String operation, ObjectNode request) {
    try {
      return batch.call(operation, request);
    } catch (BatchApiException e) {
      if (e.status() < 500 && e.status() != 429) {
        throw new RefusedException(e.getMessage());
      }
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      subscription.close();
    } catch (Exception e) {
      throw new IllegalStateException("the engine's events could not be let go", e);
    }
  }
}
