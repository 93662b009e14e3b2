package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.cost.PriceList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What callers can ask to be done: plan, submit, run again, cancel.
 *
 * <p>Shape: a request is stored whole or not at all, and its tasks are sent only after that.<br>
 * Errors: {@link RefusedException} with every fault of the request.
 */
public final class TaskRequests {
  private final TaskStore store;
  private final NewTasks newTasks;
  private final TaskLookup lookup;
  private final TaskRunner runner;

  TaskRequests(TaskStore store, NewTasks newTasks, TaskLookup lookup, TaskRunner runner) {
    this.store = store;
    this.newTasks = newTasks;
    this.lookup = lookup;
    this.runner = runner;
  }

  /**
   * What a submit came to.
   *
   * @param many the request was a list
   * @param replayed every task had been submitted before under its key
   */
  public record Accepted(List<Task> tasks, boolean many, boolean replayed) {}

  /** A task that is only planned. */
  public record Planned(TaskDocument document, RoutePlan plan) {}

  /**
   * Plans that nothing was stored for.
   *
   * @param many the request was a list
   * @param prices that their costs come from
   */
  public record Plans(List<Planned> tasks, boolean many, PriceList prices) {}

  /** Plans without storing anything. */
  public Plans plan(JsonNode body) {
    return newTasks.plan(newTasks.read(body, Optional.empty()));
  }

  /** Stores all tasks of a request, or none. */
  public Accepted submit(JsonNode body, Optional<String> headerKey) {
    return submit(newTasks.read(body, headerKey), Optional.empty());
  }

  /**
   * Submits an ended task once more, without its dependencies, which have ended.
   *
   * @param failedOnly of an array only the children that did not succeed; they keep their index
   * @return empty when nothing of it failed
   */
  public Optional<Accepted> rerun(
      String idOrPrefix, boolean failedOnly, Optional<String> headerKey) {
    Task task = lookup.find(idOrPrefix);
    if (failedOnly && task.status() == TaskStatus.SUCCEEDED) {
      return Optional.empty();
    }
    JsonNode document = Reruns.document(task, store.payload(task.taskId()));
    return Optional.of(
        submit(
            newTasks.read(document, headerKey), failedOnly ? Optional.of(task) : Optional.empty()));
  }

  private Accepted submit(Submission submission, Optional<Task> rerunOf) {
    while (true) {
      Map<Submission.Item, Task> seen = seen(submission);
      Map<Submission.Item, Task> created = newTasks.create(submission, seen, rerunOf);
      List<Task> answer =
          submission.items().stream()
              .map(item -> seen.containsKey(item) ? seen.get(item) : created.get(item))
              .toList();
      if (created.isEmpty()) {
        return new Accepted(answer, submission.many(), true);
      }
      switch (store.submit(rows(created))) {
        case TaskStore.Submitted.Stored _ -> {
          runner.accepted(List.copyOf(created.values()));
          return new Accepted(answer, submission.many(), false);
        }
        case TaskStore.Submitted.KeyTaken _ -> {
          // Another request with this key was quicker; now it is one that has been seen.
        }
      }
    }
  }

  private Map<Submission.Item, Task> seen(Submission submission) {
    Map<Submission.Item, Task> seen = new HashMap<>();
    for (Submission.Item item : submission.items()) {
      Optional<String> key = item.document().idempotencyKey();
      Optional<TaskStore.Keyed> keyed = key.flatMap(store::byKey);
      if (keyed.isEmpty()) {
        continue;
      }
      if (!keyed.get().documentHash().equals(item.hash())) {
        throw new RefusedException(
            RefusedException.Kind.CONFLICT,
            item.path()
                + "idempotencyKey: "
                + key.get()
                + " belongs to task "
                + keyed.get().taskId()
                + ", whose document differs (sha256 "
                + keyed.get().documentHash()
                + ", this one "
                + item.hash()
                + "). Use another key for another task.");
      }
      seen.put(item, store.find(keyed.get().taskId()).orElseThrow());
    }
    return seen;
  }

  private static List<TaskStore.NewTask> rows(Map<Submission.Item, Task> created) {
    return created.entrySet().stream()
        .map(
            e ->
                new TaskStore.NewTask(
                    e.getValue(),
                    payloadInStore(e.getKey().document()),
                    e.getKey().hash(),
                    dependsOn(e.getValue())))
        .toList();
  }

  private static Optional<byte[]> payloadInStore(TaskDocument document) {
    boolean elsewhere =
        document.payloadS3Uri().isPresent()
            || document.array().flatMap(TaskDocument.ArrayOf::payloadsS3Uri).isPresent();
    return elsewhere ? Optional.empty() : Optional.of(Planner.payload(document));
  }

  private static List<String> dependsOn(Task task) {
    List<String> ids = new ArrayList<>();
    if (task.journey().state() instanceof TaskState.Pending pending) {
      ids.addAll(pending.waitingFor());
    }
    task.array().ifPresent(a -> ids.addAll(a.waits().arrays()));
    return ids;
  }

  /**
   * Stops it.
   *
   * @return empty when it had ended before
   */
  public Optional<Task> cancel(String idOrPrefix, String reason) {
    Task task = lookup.find(idOrPrefix);
    if (task.status().terminal()) {
      return Optional.empty();
    }
    runner.cancel(task.taskId(), reason);
    return store.find(task.taskId());
  }
}
