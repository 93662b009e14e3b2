package dev.spillway.dispatch.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.MemoryRange;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** How a task's parts are written into the store and read again. Instants are ISO-8601 text. */
final class TaskJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TaskJson() {}

  /** What never changes after the submit. */
  record Fixed(Target target, RoutePlan plan, List<Orders.Leg> legs) {}

  static String fixed(Task task) {
    ObjectNode json = NODES.objectNode();
    ObjectNode target = json.putObject("target");
    task.target().functionName().ifPresent(n -> target.put("functionName", n));
    target.put("acceptsReference", task.target().acceptsReference());
    task.target().jobDefinition().ifPresent(n -> target.put("jobDefinition", n));
    ObjectNode parameters = target.putObject("parameters");
    task.target().parameters().forEach(parameters::put);
    json.set("plan", PlanJson.write(task.plan()));
    legs(json.putArray("legs"), task.orders().legs());
    return json.toString();
  }

  static void legs(ArrayNode json, List<Orders.Leg> legs) {
    for (Orders.Leg leg : legs) {
      json.addObject()
          .put("route", leg.route().word())
          .put("memoryMib", leg.memoryMib())
          .put("diskMib", leg.diskMib())
          .put("mostMemoryMib", leg.memory().mostMib())
          .put("memoryStepMib", leg.memory().stepMib())
          .put("risk", leg.risk());
    }
  }

  static List<Orders.Leg> legs(JsonNode json) {
    List<Orders.Leg> legs = new ArrayList<>();
    for (JsonNode leg : json) {
      legs.add(
          new Orders.Leg(
              route(leg.path("route")),
              leg.path("memoryMib").longValue(),
              leg.path("diskMib").longValue(),
              new MemoryRange(
                  leg.path("mostMemoryMib").asLong(MemoryRange.ANY.mostMib()),
                  leg.path("memoryStepMib").asLong(MemoryRange.ANY.stepMib())),
              leg.path("risk").asDouble(0)));
    }
    return legs;
  }

  static Fixed fixed(String text) {
    JsonNode json = tree(text);
    JsonNode target = json.path("target");
    Map<String, String> parameters = new LinkedHashMap<>();
    target
        .path("parameters")
        .properties()
        .forEach(e -> parameters.put(e.getKey(), e.getValue().asText()));
    return new Fixed(
        new Target(
            text(target, "functionName"),
            target.path("acceptsReference").booleanValue(),
            text(target, "jobDefinition"),
            parameters),
        PlanJson.read(json.path("plan")),
        legs(json.path("legs")));
  }

  static String journey(Journey journey) {
    ObjectNode json = NODES.objectNode();
    ObjectNode state = json.putObject("state");
    state.put("status", journey.state().status().name());
    state.put("since", journey.state().since().toString());
    switch (journey.state()) {
      case TaskState.Pending p -> p.waitingFor().forEach(state.putArray("waitingFor")::add);
      case TaskState.Succeeded s -> state.put("hop", s.hop());
      case TaskState.Failed f -> state.put("reason", f.reason());
      case TaskState.Runnable _, TaskState.Starting _, TaskState.Running _ -> {}
    }
    journey.wakeAt().ifPresent(at -> json.put("wakeAt", at.toString()));
    ArrayNode hops = json.putArray("hops");
    journey.hops().forEach(hop -> hops.add(hop(hop)));
    return json.toString();
  }

  static Journey journey(String text) {
    JsonNode json = tree(text);
    List<Hop> hops = new ArrayList<>();
    json.path("hops").forEach(hop -> hops.add(hop(hop)));
    return new Journey(state(json.path("state")), hops, instant(json, "wakeAt"));
  }

  private static TaskState state(JsonNode json) {
    Instant since = instant(json, "since").orElseThrow();
    return switch (TaskStatus.valueOf(json.path("status").asText())) {
      case PENDING -> {
        List<String> waiting = new ArrayList<>();
        json.path("waitingFor").forEach(id -> waiting.add(id.asText()));
        yield new TaskState.Pending(since, waiting);
      }
      case SUBMITTED, RUNNABLE -> new TaskState.Runnable(since);
      case STARTING -> new TaskState.Starting(since);
      case RUNNING -> new TaskState.Running(since);
      case SUCCEEDED -> new TaskState.Succeeded(since, json.path("hop").intValue());
      case FAILED -> new TaskState.Failed(since, json.path("reason").asText());
    };
  }

  private static ObjectNode hop(Hop hop) {
    ObjectNode json =
        NODES
            .objectNode()
            .put("number", hop.number())
            .put("leg", hop.leg())
            .put("route", hop.route().word())
            .put("memoryMib", hop.memoryMib())
            .put("diskMib", hop.diskMib())
            .put("status", hop.status().name())
            .put("createdAt", hop.createdAt().toString())
            .put("waits", hop.waits())
            .put("late", hop.late());
    hop.jobId().ifPresent(id -> json.put("jobId", id));
    hop.startedAt().ifPresent(at -> json.put("startedAt", at.toString()));
    hop.stoppedAt().ifPresent(at -> json.put("stoppedAt", at.toString()));
    hop.cause().ifPresent(c -> json.put("cause", c.word()));
    hop.error().ifPresent(e -> json.put("error", e));
    hop.note().ifPresent(n -> json.put("note", n));
    hop.memoryUsedMib().ifPresent(mib -> json.put("memoryUsedMib", mib));
    hop.pack()
        .ifPresent(
            p ->
                json.putObject("pack")
                    .put("key", p.key())
                    .put("index", p.index())
                    .put("size", p.size()));
    ArrayNode attempts = json.putArray("attempts");
    for (Hop.Attempt a : hop.attempts()) {
      ObjectNode attempt = attempts.addObject();
      a.startedAt().ifPresent(at -> attempt.put("startedAt", at.toString()));
      a.stoppedAt().ifPresent(at -> attempt.put("stoppedAt", at.toString()));
      a.exitCode().ifPresent(code -> attempt.put("exitCode", code));
      a.reason().ifPresent(r -> attempt.put("reason", r));
      a.statusReason().ifPresent(r -> attempt.put("statusReason", r));
      a.logStreamName().ifPresent(n -> attempt.put("logStreamName", n));
    }
    return json;
  }

  private static Hop hop(JsonNode json) {
    List<Hop.Attempt> attempts = new ArrayList<>();
    for (JsonNode a : json.path("attempts")) {
      attempts.add(
          new Hop.Attempt(
              instant(a, "startedAt"),
              instant(a, "stoppedAt"),
              a.has("exitCode")
                  ? OptionalInt.of(a.get("exitCode").intValue())
                  : OptionalInt.empty(),
              text(a, "reason"),
              text(a, "statusReason"),
              text(a, "logStreamName")));
    }
    return new Hop(
        json.path("number").intValue(),
        json.path("leg").intValue(),
        route(json.path("route")),
        json.path("memoryMib").longValue(),
        json.path("diskMib").longValue(),
        Hop.Status.valueOf(json.path("status").asText()),
        instant(json, "createdAt").orElseThrow(),
        text(json, "jobId"),
        instant(json, "startedAt"),
        instant(json, "stoppedAt"),
        json.path("waits").intValue(),
        text(json, "cause").flatMap(Cause::of),
        text(json, "error"),
        text(json, "note"),
        attempts,
        json.path("late").booleanValue(),
        json.has("memoryUsedMib")
            ? OptionalLong.of(json.get("memoryUsedMib").longValue())
            : OptionalLong.empty(),
        json.has("pack") ? Optional.of(pack(json.get("pack"))) : Optional.empty());
  }

  private static Hop.Pack pack(JsonNode json) {
    return new Hop.Pack(
        json.path("key").asText(), json.path("index").intValue(), json.path("size").intValue());
  }

  static JsonNode tree(String text) {
    try {
      return DocumentReader.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a stored task cannot be read", e);
    }
  }

  private static Route route(JsonNode word) {
    return Route.of(word.asText()).orElseThrow();
  }

  private static Optional<String> text(JsonNode json, String name) {
    return json.has(name) ? Optional.of(json.get(name).asText()) : Optional.empty();
  }

  private static Optional<Instant> instant(JsonNode json, String name) {
    return text(json, name).map(Instant::parse);
  }
}
