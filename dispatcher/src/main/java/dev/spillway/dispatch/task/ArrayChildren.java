package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.ArrayEvent;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.Orders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes the children of an array: their documents, payloads, dependencies and places. */
final class ArrayChildren {
  private final TaskStore store;
  private final PayloadLines lines;
  private volatile ArrayPlanner planner =
      (_, _, _) -> {
        throw new RefusedException(
            RefusedException.Kind.UNAVAILABLE, "The server is not ready to plan arrays.");
      };

  ArrayChildren(TaskStore store, ObjectStore objects) {
    this.store = store;
    lines = new PayloadLines(objects);
  }

  void planBy(ArrayPlanner other) {
    planner = other;
  }

  /** Reads the payloads and plans, for the canary if there is one. */
  ArrayEvent plan(Task task, Instant now) {
    Optional<PayloadLines.Lines> read = lines(task);
    int asked = task.array().orElseThrow().size();
    int size = read.map(r -> r.lines().size()).orElse(asked);
    if (asked != 0 && asked != size) {
      throw RefusedException.invalid(
          "payloadsS3Uri",
          read.orElseThrow().location().toString(),
          "payloadsS3Uri: "
              + read.orElseThrow().location()
              + " has "
              + size
              + " lines, but arrayProperties.size is "
              + asked
              + ". Leave the size out, or give a line for each child.");
    }
    ArrayPlanner.Answer answer = planner.plan(sample(task, read), Math.max(0, size - 1), now);
    if (size > answer.most()) {
      throw RefusedException.invalid(
          "payloadsS3Uri",
          Integer.toString(size),
          "payloadsS3Uri: "
              + size
              + " lines are more than maxArraySize allows, "
              + answer.most()
              + ". Submit several arrays, or raise the setting.");
    }
    boolean again = task.array().orElseThrow().earlier() > 0;
    return new ArrayEvent.Planned(
        size,
        again || answer.canary() >= size ? 0 : answer.canary(),
        read.map(PayloadLines.Lines::sha256),
        answer.plan());
  }

  /** Plans again, with what the canary taught. */
  ArrayEvent planRest(Task task, Instant now) {
    ArrayState array = task.array().orElseThrow();
    long left = array.size() - array.ends().endedBelow(array.size()) - 1L;
    return new ArrayEvent.RestPlanned(planner.plan(sample(task, lines(task)), left, now).plan());
  }

  private Optional<PayloadLines.Lines> lines(Task task) {
    return task.document()
        .array()
        .flatMap(TaskDocument.ArrayOf::payloadsS3Uri)
        .map(location -> lines.read(location, task.array().orElseThrow().source()));
  }

  private TaskDocument sample(Task task, Optional<PayloadLines.Lines> read) {
    ObjectNode json = childJson(task);
    if (read.isPresent()) {
      json.set("payload", DocumentReader.json(read.get().longest()));
    } else {
      store
          .payload(task.taskId())
          .ifPresent(shared -> json.set("payload", DocumentReader.json(shared)));
    }
    return document(json);
  }

  private static ObjectNode childJson(Task task) {
    ObjectNode json = task.document().json().deepCopy();
    json.remove(List.of("arrayProperties", "payloadsS3Uri", "dependsOn", "idempotencyKey"));
    return json;
  }

  private static TaskDocument document(ObjectNode json) {
    List<Fault> faults = new ArrayList<>();
    TaskDocument document = DocumentRules.read(json, "", faults);
    if (!faults.isEmpty()) {
      throw new RefusedException(faults);
    }
    return document;
  }

  /** Children with these indices, ready to be stored. */
  List<TaskStore.NewTask> make(Task task, List<Integer> indices, Instant now) {
    ArrayState array = task.array().orElseThrow();
    ChildPlan plan = array.plan().orElseThrow();
    Optional<PayloadLines.Lines> read = lines(task);
    TaskDocument document = document(childJson(task));
    Orders orders = new Orders(plan.legs(), document.retryStrategy(), document.timeout());
    List<TaskStore.NewTask> children = new ArrayList<>();
    for (int index : indices) {
      List<String> waitingFor = waitingFor(task.taskId(), array.waits(), index);
      Task child =
          new Task(
              Task.childId(task.taskId(), index),
              1,
              now,
              document,
              task.target(),
              plan.plan(),
              orders,
              Fallback.begin(orders, waitingFor, now).journey(),
              Optional.empty());
      children.add(
          new TaskStore.NewTask(
              child,
              read.map(r -> r.lines().get(index).getBytes(StandardCharsets.UTF_8)),
              "",
              waitingFor));
    }
    return children;
  }

  private static List<String> waitingFor(String taskId, ArrayState.Waits waits, int index) {
    List<String> ids = new ArrayList<>();
    waits.arrays().forEach(other -> ids.add(Task.childId(other, index)));
    if (waits.sequential() && index > 0) {
      ids.add(Task.childId(taskId, index - 1));
    }
    return ids;
  }
}
