package dev.spillway.dispatch.routing;

import java.util.List;
import java.util.Optional;

/** Picks the queue of a route. */
final class Queues {
  private Queues() {}

  /**
   * The queue by name, else the one with the highest priority not above the task's, else the
   * lowest.
   */
  static Optional<BatchQueue> pick(Route route, TaskProfile task, List<BatchQueue> queues) {
    BatchQueue below = null;
    BatchQueue lowest = null;
    for (BatchQueue queue : queues) {
      if (!queue.route().equals(route.word()) || !allowed(queue, task)) {
        continue;
      }
      if (queue.priority() <= task.wishes().priority() && (below == null || first(below, queue))) {
        below = queue;
      }
      if (lowest == null || first(queue, lowest)) {
        lowest = queue;
      }
    }
    return Optional.ofNullable(below != null ? below : lowest);
  }

  private static boolean allowed(BatchQueue queue, TaskProfile task) {
    return task.wishes().jobQueue().isEmpty()
        || task.wishes().jobQueue().get().equals(queue.name());
  }

  /** True when {@code a} has the lower priority, or the same and the later name. */
  private static boolean first(BatchQueue a, BatchQueue b) {
    return a.priority() != b.priority()
        ? a.priority() < b.priority()
        : a.name().compareTo(b.name()) > 0;
  }
}
