package dev.spillway.batch.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.capacity.DockerHost;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.AttemptEnd;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.ChildIndexes;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.ContainerEnd;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.job.Stop;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The two JSON columns of a job's row. Times are epoch milliseconds. */
final class JobJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private JobJson() {}

  /** The members of a spec that have no column of their own, and never change; null for none. */
  static String settings(JobSpec spec) {
    ObjectNode node = JSON.createObjectNode();
    for (Dependency dependency : spec.dependsOn()) {
      ObjectNode d = node.withArray("dependsOn").addObject().put("jobId", dependency.jobId());
      if (dependency.nToN()) {
        d.put("nToN", true);
      }
    }
    for (RetryRules.Rule rule : spec.retry().evaluateOnExit()) {
      ObjectNode r = node.withArray("evaluateOnExit").addObject();
      r.put("action", rule.action().name());
      rule.onStatusReason().ifPresent(v -> r.put("onStatusReason", v));
      rule.onReason().ifPresent(v -> r.put("onReason", v));
      rule.onExitCode().ifPresent(v -> r.put("onExitCode", v));
    }
    for (ConsumableNeed need : spec.needs().consumables()) {
      node.withArray("consumables")
          .addObject()
          .put("consumableResource", need.consumableResource())
          .put("quantity", need.quantity());
    }
    if (spec.needs().size().gpus() > 0) {
      node.put("gpus", spec.needs().size().gpus());
    }
    if (spec.needs().gang()) {
      node.put("nodes", spec.needs().nodes());
    }
    if (spec.parent().map(ArrayRole.Parent::sequential).orElse(false)) {
      node.put("sequential", true);
    }
    return node.isEmpty() ? null : node.toString();
  }

  /** What {@link #settings} wrote, or its forerunner, whose dependencies are bare ids. */
  record Settings(
      List<Dependency> dependsOn,
      List<RetryRules.Rule> evaluateOnExit,
      List<ConsumableNeed> consumables,
      int gpus,
      int nodes,
      boolean sequential) {
    private static final Settings NONE = new Settings(List.of(), List.of(), List.of(), 0, 1, false);

    static Settings of(String settings) {
      if (settings == null) {
        return NONE;
      }
      JsonNode node = read(settings);
      List<Dependency> dependsOn = new ArrayList<>();
      for (JsonNode d : node.path("dependsOn")) {
        dependsOn.add(
            d.isTextual()
                ? Dependency.on(d.textValue())
                : new Dependency(d.get("jobId").textValue(), d.path("nToN").asBoolean(false)));
      }
      List<RetryRules.Rule> rules = new ArrayList<>();
      for (JsonNode rule : node.path("evaluateOnExit")) {
        rules.add(
            new RetryRules.Rule(
                text(rule, "onStatusReason"),
                text(rule, "onReason"),
                text(rule, "onExitCode"),
                RetryRules.Action.valueOf(rule.get("action").textValue())));
      }
      List<ConsumableNeed> consumables = new ArrayList<>();
      for (JsonNode need : node.path("consumables")) {
        consumables.add(
            new ConsumableNeed(
                need.get("consumableResource").textValue(), need.get("quantity").longValue()));
      }
      return new Settings(
          List.copyOf(dependsOn),
          List.copyOf(rules),
          List.copyOf(consumables),
          node.path("gpus").asInt(0),
          node.path("nodes").asInt(1),
          node.path("sequential").asBoolean(false));
    }
  }

  /** What changes in a job's life, but for its status. */
  static String progress(Job job) {
    ObjectNode node = JSON.createObjectNode();
    node.put("order", job.order());
    if (job.cancelled()) {
      node.put("cancelled", true);
    }
    if (job.terminated()) {
      node.put("terminated", true);
    }
    ObjectNode state = node.putObject("state");
    switch (job.state()) {
      case JobState.Submitted _ -> {}
      case JobState.Pending(List<String> waitingFor, Optional<Stop> stop, _) -> {
        waitingFor.forEach(state.putArray("waitingFor")::add);
        put(state, stop);
      }
      case JobState.Fanned(Optional<Stop> stop) -> {
        state.put("fanned", true);
        put(state, stop);
      }
      case JobState.Runnable(int attempt, Instant since) ->
          state.put("attempt", attempt).put("since", since.toEpochMilli());
      case JobState.Starting(int attempt, Placement on, Optional<Stop> stop) -> {
        state.put("attempt", attempt);
        put(state, on);
        put(state, stop);
      }
      case JobState.Running(int attempt, Placement on, Instant at, Optional<Stop> stop) -> {
        state.put("attempt", attempt).put("startedAt", at.toEpochMilli());
        put(state, on);
        put(state, stop);
      }
      case JobState.Succeeded(int attempts, Optional<String> reason, Instant at) -> {
        state.put("attempts", attempts).put("stoppedAt", at.toEpochMilli());
        reason.ifPresent(r -> state.put("statusReason", r));
      }
      case JobState.Failed(int attempts, String reason, Instant at) ->
          state
              .put("attempts", attempts)
              .put("statusReason", reason)
              .put("stoppedAt", at.toEpochMilli());
    }
    if (!job.attempts().isEmpty()) {
      ArrayNode attempts = node.putArray("attempts");
      job.attempts().forEach(a -> put(attempts.addObject(), a));
    }
    job.children().ifPresent(children -> put(node.putObject("children"), children.summary()));
    return node.toString();
  }

  private static void put(ObjectNode node, ArrayChildren.Summary children) {
    node.put("base", children.base()).put("movedAt", children.movedAt().toEpochMilli());
    children.startedAt().ifPresent(at -> node.put("startedAt", at.toEpochMilli()));
    for (ArrayChildren.Gone gone : children.gone()) {
      node.withArray("gone")
          .addObject()
          .put("reason", gone.reason())
          .put("at", gone.at().toEpochMilli());
    }
  }

  private static ArrayChildren children(int size, JsonNode node, byte[][] chunks) {
    List<ArrayChildren.Gone> gone = new ArrayList<>();
    node.path("gone")
        .forEach(
            g -> gone.add(new ArrayChildren.Gone(g.get("reason").textValue(), instant(g, "at"))));
    return ArrayChildren.of(
        new ArrayChildren.Summary(
            size,
            node.get("base").intValue(),
            List.copyOf(gone),
            node.has("startedAt") ? Optional.of(instant(node, "startedAt")) : Optional.empty(),
            instant(node, "movedAt")),
        chunks);
  }

  static String ranges(ChildIndexes indexes) {
    ArrayNode node = JSON.createArrayNode();
    indexes.ranges().forEach(r -> node.addArray().add(r.from()).add(r.to()));
    return node.toString();
  }

  static ChildIndexes ranges(String ranges) {
    List<ChildIndexes.Range> list = new ArrayList<>();
    read(ranges)
        .forEach(r -> list.add(new ChildIndexes.Range(r.get(0).intValue(), r.get(1).intValue())));
    return new ChildIndexes(list);
  }

  /** {@code chunks}: of an array, by number. */
  static Job job(JobSpec spec, JobStatus status, String progress, byte[][] chunks) {
    JsonNode node = read(progress);
    List<AttemptRecord> attempts = new ArrayList<>();
    node.path("attempts").forEach(a -> attempts.add(attempt(a)));
    return new Job(
        spec,
        state(status, node.get("state"), spec.parent().isPresent()),
        node.get("order").longValue(),
        List.copyOf(attempts),
        node.path("cancelled").asBoolean(false),
        node.path("terminated").asBoolean(false),
        spec.parent().map(p -> children(p.size(), node.get("children"), chunks)));
  }

  private static JobState state(JobStatus status, JsonNode state, boolean array) {
    return switch (status) {
      case SUBMITTED -> new JobState.Submitted();
      case PENDING -> {
        if (state.has("fanned")) {
          yield new JobState.Fanned(stop(state));
        }
        List<String> waitingFor = new ArrayList<>();
        state.get("waitingFor").forEach(id -> waitingFor.add(id.textValue()));
        yield new JobState.Pending(List.copyOf(waitingFor), stop(state), array);
      }
      case RUNNABLE ->
          new JobState.Runnable(state.get("attempt").intValue(), instant(state, "since"));
      case STARTING ->
          new JobState.Starting(state.get("attempt").intValue(), placement(state), stop(state));
      case RUNNING ->
          new JobState.Running(
              state.get("attempt").intValue(),
              placement(state),
              instant(state, "startedAt"),
              stop(state));
      case SUCCEEDED ->
          new JobState.Succeeded(
              state.get("attempts").intValue(),
              text(state, "statusReason"),
              instant(state, "stoppedAt"));
      case FAILED ->
          new JobState.Failed(
              state.get("attempts").intValue(),
              state.get("statusReason").textValue(),
              instant(state, "stoppedAt"));
    };
  }

  private static void put(ObjectNode node, AttemptRecord attempt) {
    node.put("number", attempt.number());
    put(node, attempt.on());
    attempt.startedAt().ifPresent(at -> node.put("startedAt", at.toEpochMilli()));
    AttemptEnd end = attempt.end();
    node.put("statusReason", end.statusReason()).put("stoppedAt", end.at().toEpochMilli());
    end.reason().ifPresent(reason -> node.put("reason", reason));
    end.exitCode().ifPresent(code -> node.put("exitCode", code));
    for (ContainerEnd container : end.containers()) {
      ObjectNode c = node.withArray("containers").addObject().put("node", container.node());
      container.name().ifPresent(name -> c.put("name", name));
      container.reason().ifPresent(reason -> c.put("reason", reason));
      container.exitCode().ifPresent(code -> c.put("exitCode", code));
    }
  }

  private static AttemptRecord attempt(JsonNode node) {
    List<ContainerEnd> containers = new ArrayList<>();
    for (JsonNode c : node.path("containers")) {
      containers.add(
          new ContainerEnd(
              c.get("node").intValue(), text(c, "name"), exitCode(c), text(c, "reason")));
    }
    return new AttemptRecord(
        node.get("number").intValue(),
        placement(node),
        node.has("startedAt") ? Optional.of(instant(node, "startedAt")) : Optional.empty(),
        new AttemptEnd(
            node.get("statusReason").textValue(),
            text(node, "reason"),
            exitCode(node),
            instant(node, "stoppedAt"),
            List.copyOf(containers)));
  }

  private static OptionalInt exitCode(JsonNode node) {
    return node.has("exitCode")
        ? OptionalInt.of(node.get("exitCode").intValue())
        : OptionalInt.empty();
  }

  private static void put(ObjectNode node, Placement on) {
    ObjectNode json = node.putObject("on");
    on.otherNodes().forEach(id -> json.withArray("otherNodes").add(id));
    json.put("computeEnvironment", on.computeEnvironment())
        .put("cluster", on.cluster())
        .put("instanceId", on.instanceId())
        .put("taskId", on.taskId())
        .put("placedAt", on.placedAt().toEpochMilli());
  }

  private static Placement placement(JsonNode node) {
    JsonNode on = node.get("on");
    List<String> otherNodes = new ArrayList<>();
    on.path("otherNodes").forEach(id -> otherNodes.add(id.textValue()));
    return new Placement(
        on.get("computeEnvironment").textValue(),
        on.get("cluster").textValue(),
        on.get("instanceId").textValue(),
        List.copyOf(otherNodes),
        on.get("taskId").textValue(),
        instant(on, "placedAt"));
  }

  private static void put(ObjectNode node, Optional<Stop> stop) {
    stop.ifPresent(
        s -> node.putObject("stop").put("cause", s.cause().name()).put("reason", s.reason()));
  }

  private static Optional<Stop> stop(JsonNode node) {
    return node.has("stop")
        ? Optional.of(
            new Stop(
                Stop.Cause.valueOf(node.get("stop").get("cause").textValue()),
                node.get("stop").get("reason").textValue()))
        : Optional.empty();
  }

  private static Optional<String> text(JsonNode node, String member) {
    return node.has(member) ? Optional.of(node.get(member).textValue()) : Optional.empty();
  }

  private static Instant instant(JsonNode node, String member) {
    return Instant.ofEpochMilli(node.get(member).longValue());
  }

  /** Times by name, as epoch milliseconds. */
  static String millis(Map<String, Instant> times) {
    ObjectNode node = JSON.createObjectNode();
    times.forEach((name, at) -> node.put(name, at.toEpochMilli()));
    return node.toString();
  }

  static Map<String, Instant> instants(String millis) {
    Map<String, Instant> times = new HashMap<>();
    read(millis)
        .properties()
        .forEach(e -> times.put(e.getKey(), Instant.ofEpochMilli(e.getValue().longValue())));
    return Map.copyOf(times);
  }

  static String host(DockerHost host) {
    ObjectNode node = JSON.createObjectNode().put("url", host.url());
    host.certificates().ifPresent(folder -> node.put("certificates", folder));
    return node.toString();
  }

  static DockerHost host(String json) {
    JsonNode node = read(json);
    return new DockerHost(node.get("url").textValue(), text(node, "certificates"));
  }

  /** A JSON array of strings. */
  static String array(List<String> values) {
    ArrayNode node = JSON.createArrayNode();
    values.forEach(node::add);
    return node.toString();
  }

  static List<String> list(String array) {
    List<String> values = new ArrayList<>();
    read(array).forEach(v -> values.add(v.textValue()));
    return List.copyOf(values);
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new JournalException("a row holds JSON that cannot be read: " + json, e);
    }
  }
}
