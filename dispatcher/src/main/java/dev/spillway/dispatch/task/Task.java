package dev.spillway.dispatch.task;

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
    Optional<TaskResult> result) {

  public TaskStatus status() {
    return journey.state().status();
  }

  /** The route of the last hop, else the one to be tried first. */
  public Route route() {
    return journey.lastHop().map(Hop::route).orElseGet(() -> plan.routes().getFirst().route());
  }

  /** The key under which a hop is started, everywhere. */
  public String hopKey(int hop) {
    return taskId + "/" + hop;
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
        newResult.or(() -> result));
  }
}
