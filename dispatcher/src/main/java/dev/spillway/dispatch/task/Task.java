package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import java.time.Instant;
import java.util.Optional;

/**
 * A task as it is stored.
 *
 * @param version rises by one with every change
 * @param document without its payload, which is kept apart
 * @param array what is known of its children, when it is the parent of an array
 */
public record Task(
    String taskId,
    long version,
    Instant createdAt,
    TaskDocument document,
    Target target,
    RoutePlan plan,
    Orders orders,
    Journey journey,
    Optional<TaskResult> result,
    Optional<ArrayState> array) {

  /** Stands in the id of a child, between its parent's id and its index. */
  static final char CHILD = ':';

  /** A task that is no array. */
  public Task(
      String taskId,
      long version,
      Instant createdAt,
      TaskDocument document,
      Target target,
      RoutePlan plan,
      Orders orders,
      Journey journey,
      Optional<TaskResult> result) {
    this(
        taskId,
        version,
        createdAt,
        document,
        target,
        plan,
        orders,
        journey,
        result,
        Optional.empty());
  }

  /** The id of a child. */
  public static String childId(String parentId, int index) {
    return parentId + CHILD + index;
  }

  /** The array that a task with this id is a child of. */
  public static Optional<String> parentOf(String taskId) {
    int at = taskId.indexOf(CHILD);
    return at < 0 ? Optional.empty() : Optional.of(taskId.substring(0, at));
  }

  /** The id as people say it: its first 8 characters, and the index of a child. */
  public static String shortId(String taskId) {
    int at = taskId.indexOf(CHILD);
    return taskId.substring(0, Math.min(8, taskId.length())) + (at < 0 ? "" : taskId.substring(at));
  }

  /** The index in the id of a child. */
  public static int indexOf(String childId) {
    return Integer.parseInt(childId.substring(childId.indexOf(CHILD) + 1));
  }

  /** The array that this is a child of. */
  public Optional<String> parent() {
    return parentOf(taskId);
  }

  public TaskStatus status() {
    return journey.state().status();
  }

  /** The route of the last hop, else the one to be tried first. */
  public Route route() {
    return journey
        .lastHop()
        .map(Hop::route)
        .orElseGet(
            () ->
                array
                    .flatMap(ArrayState::plan)
                    .map(ArrayState.ChildPlan::plan)
                    .orElse(plan)
                    .routes()
                    .getFirst()
                    .route());
  }

  /** The key under which a hop is started, everywhere. */
  public String hopKey(int hop) {
    return taskId + "/" + hop;
  }

  /** The task that a hop's key names. */
  static String ofHop(String hopKey) {
    return hopKey.substring(0, hopKey.indexOf('/'));
  }

  /** The number of the hop that its key names. */
  static int hopNumber(String hopKey) {
    return Integer.parseInt(hopKey.substring(hopKey.indexOf('/') + 1));
  }

  Task moved(Journey next, Optional<TaskResult> newResult) {
    return new Task(
        taskId,
        version + 1,
        createdAt,
        document,
        target,
        plan,
        orders,
        next,
        newResult.or(() -> result),
        array);
  }

  /** The same with its children as they are now. */
  Task moved(Journey next, ArrayState children) {
    return new Task(
        taskId,
        version + 1,
        createdAt,
        document,
        target,
        plan,
        orders,
        next,
        result,
        Optional.of(children));
  }
}
