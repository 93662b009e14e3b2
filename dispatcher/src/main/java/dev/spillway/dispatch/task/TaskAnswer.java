package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.HopCost;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.PlanStory;
import dev.spillway.dispatch.routing.cost.PriceList;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How tasks and plans are answered: sizes in MiB, instants in UTC. */
public final class TaskAnswer {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TaskAnswer() {}

  /** A task; its payload only where one task is asked for. */
  public static ObjectNode of(Task task) {
    ObjectNode json = NODES.objectNode();
    json.put("taskId", task.taskId());
    json.put("status", task.status().name());
    reason(task).ifPresent(r -> json.put("statusReason", r));
    json.put("route", task.route().word());
    json.put("createdAt", task.createdAt().toString());
    startedAt(task).ifPresent(at -> json.put("startedAt", at.toString()));
    if (task.status().terminal()) {
      json.put("stoppedAt", task.journey().state().since().toString());
    }
    document(json, task.document());
    ArrayAnswer.add(json, task);
    task.target().jobDefinition().ifPresent(d -> json.put("jobDefinition", d));
    task.target().functionName().ifPresent(f -> json.put("functionName", f));
    if (task.journey().state() instanceof TaskState.Pending pending) {
      pending.waitingFor().forEach(json.putArray("waitingFor")::add);
    }
    if (task.status().terminal() && task.array().isEmpty()) {
      json.put("cost", HopCost.total(task.plan(), task.journey(), task.journey().state().since()));
      json.put(
          "wastedCost",
          HopCost.wasted(task.plan(), task.journey(), task.journey().state().since()));
    }
    task.document()
        .deadline()
        .map(d -> d.due(task.createdAt()))
        .ifPresent(due -> deadline(json, task, due));
    json.set(
        "plan",
        PlanJson.write(
            task.array()
                .flatMap(ArrayState::plan)
                .map(ArrayState.ChildPlan::plan)
                .orElse(task.plan())));
    ArrayNode hops = json.putArray("hops");
    task.journey().hops().forEach(hop -> hops.add(hop(task, hop)));
    task.result()
        .ifPresent(
            result -> {
              result.json().ifPresent(text -> json.set("result", TaskJson.tree(text)));
              result.s3Uri().ifPresent(uri -> json.put("resultS3Uri", uri));
            });
    return json;
  }

  /** A miss is reported; nothing is stopped for it. */
  private static void deadline(ObjectNode json, Task task, Instant due) {
    json.put("due", due.toString());
    if (task.status().terminal()) {
      boolean met =
          task.status() == TaskStatus.SUCCEEDED && !task.journey().state().since().isAfter(due);
      json.put("deadlineMet", met);
    }
  }

  /** Plans that nothing was stored for, with the prices that their costs come from. */
  public static ObjectNode plans(
      List<TaskService.Planned> planned, boolean many, PriceList prices) {
    ObjectNode json = NODES.objectNode();
    if (many) {
      ArrayNode list = json.putArray("tasks");
      planned.forEach(p -> plan(list.addObject(), p));
    } else {
      plan(json, planned.getFirst());
    }
    return json.set("prices", PlanJson.prices(prices));
  }

  private static void plan(ObjectNode json, TaskService.Planned planned) {
    document(json, planned.document());
    json.set("plan", PlanJson.write(planned.plan()));
    PlanStory.tell(planned.plan(), planned.document().routes().size() == 1)
        .forEach(json.putArray("sentences")::add);
  }

  private static void document(ObjectNode json, TaskDocument document) {
    document
        .json()
        .properties()
        .forEach(
            e -> {
              if (!e.getValue().isNull()) {
                json.set(e.getKey(), e.getValue());
              }
            });
    json.put("name", document.title());
    document.memoryMib().ifPresent(mib -> json.put("memory", mib + " MiB"));
    document.diskMib().ifPresent(mib -> json.put("disk", mib + " MiB"));
  }

  private static Optional<String> reason(Task task) {
    return ArrayAnswer.reason(task).or(() -> ofState(task));
  }

  private static Optional<String> ofState(Task task) {
    return switch (task.journey().state()) {
      case TaskState.Failed f -> Optional.of(f.reason());
      case TaskState.Pending p ->
          Optional.of(
              "Waits for "
                  + p.waitingFor().size()
                  + (p.waitingFor().size() == 1 ? " task." : " tasks."));
      case TaskState.Runnable _ ->
          task.journey()
              .wakeAt()
              .filter(_ -> task.journey().waitsToBeSent())
              .map(at -> "Was not taken in; it is sent again at " + at + ".")
              .or(() -> task.journey().openHop().flatMap(Hop::note));
      case TaskState.Starting _, TaskState.Running _, TaskState.Succeeded _ -> Optional.empty();
    };
  }

  private static Optional<Instant> startedAt(Task task) {
    return task.journey().hops().stream().flatMap(h -> h.startedAt().stream()).findFirst();
  }

  private static ObjectNode hop(Task task, Hop hop) {
    ObjectNode json =
        NODES
            .objectNode()
            .put("hop", hop.number())
            .put("route", hop.route().word())
            .put("status", hop.status().name().toLowerCase(Locale.ROOT));
    task.plan().routes().get(hop.leg()).jobQueue().ifPresent(q -> json.put("jobQueue", q));
    hop.jobId().ifPresent(id -> json.put("jobId", id));
    hop.pack()
        .filter(_ -> hop.jobId().isPresent())
        .ifPresent(p -> json.putObject("arrayJob").put("index", p.index()).put("size", p.size()));
    hop.cause().ifPresent(c -> json.put("cause", c.word()));
    hop.error().ifPresent(e -> json.put("error", e));
    json.put("createdAt", hop.createdAt().toString());
    hop.startedAt().ifPresent(at -> json.put("startedAt", at.toString()));
    hop.stoppedAt().ifPresent(at -> json.put("stoppedAt", at.toString()));
    hop.stoppedAt()
        .ifPresent(
            at -> HopCost.of(task.plan(), hop, at).ifPresent(cost -> json.put("cost", cost)));
    json.put("memory", hop.memoryMib() + " MiB");
    json.put("disk", hop.diskMib() + " MiB");
    hop.memoryUsedMib().ifPresent(mib -> json.put("memoryUsed", mib + " MiB"));
    if (hop.waits() > 0) {
      json.put("waits", hop.waits());
    }
    if (hop.late()) {
      json.put("late", true);
    }
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
    if (!hop.attempts().isEmpty()) {
      hop.attempts().getLast().logStreamName().ifPresent(n -> json.put("logStreamName", n));
    }
    return json;
  }
}
