package dev.spillway.dispatch.aws;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.aws.BatchGateway.Definition;
import dev.spillway.dispatch.aws.BatchGateway.Job;
import dev.spillway.dispatch.aws.BatchGateway.JobAttempt;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Hops and definitions to Batch's requests, JobDetail to what is seen of a job, in JSON. */
final class BatchJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private BatchJson() {}

  /** SubmitJob of a hop. */
  static ObjectNode submit(Start start) {
    ObjectNode request =
        NODES
            .objectNode()
            .put("jobName", start.jobName())
            .put("jobQueue", start.jobQueue())
            .put("jobDefinition", start.jobDefinition());
    start.arraySize().ifPresent(n -> request.putObject("arrayProperties").put("size", n));
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
    start.share().shareIdentifier().ifPresent(s -> request.put("shareIdentifier", s));
    start.share().schedulingPriority().ifPresent(n -> request.put("schedulingPriorityOverride", n));
    ObjectNode retry = request.putObject("retryStrategy").put("attempts", Retries.ATTEMPTS);
    ArrayNode rules = retry.putArray("evaluateOnExit");
    for (String reason : Retries.LOST_HOSTS) {
      rules.addObject().put("onStatusReason", reason).put("action", "RETRY");
    }
    rules.addObject().put("onReason", "*").put("action", "EXIT");
    ObjectNode tags = request.putObject("tags");
    put(tags, start.tags());
    tags.put(Retries.KEY_TAG, start.hopKey());
    return request;
  }

  /** What both adapters say of retries: one owner, so tries never multiply. */
  static final class Retries {
    /** Batch repeats one lost host; all else comes back to the dispatcher. */
    static final int ATTEMPTS = 2;

    static final List<String> LOST_HOSTS = List.of("Host EC2*", "Your Spot Task was interrupted*");
    static final String KEY_TAG = "spillway:idempotency-key";

    private Retries() {}
  }

  private static void put(ObjectNode object, Map<String, String> members) {
    members.forEach(object::put);
  }

  private static void resource(ArrayNode resources, String type, String value) {
    resources.addObject().put("type", type).put("value", value);
  }

  /** RegisterJobDefinition for a task's own image. */
  static ObjectNode register(Definition definition) {
    ObjectNode request =
        NODES.objectNode().put("jobDefinitionName", definition.name()).put("type", "container");
    ObjectNode container =
        request.putObject("containerProperties").put("image", definition.image());
    if (!definition.command().isEmpty()) {
      definition.command().forEach(container.putArray("command")::add);
    }
    ArrayNode resources = container.putArray("resourceRequirements");
    resource(resources, "VCPU", vcpus(definition));
    resource(resources, "MEMORY", Long.toString(definition.memoryMib()));
    if (definition.gpus() > 0) {
      resource(resources, "GPU", Integer.toString(definition.gpus()));
    }
    return request;
  }

  static String vcpus(Definition definition) {
    return BigDecimal.valueOf(definition.vcpus()).stripTrailingZeros().toPlainString();
  }

  /** A JobDetail, of DescribeJobs or of an event. */
  static Job job(JsonNode job) {
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
}
