package dev.spillway.dispatch.routing;

import java.util.List;
import java.util.Optional;

/**
 * The queue of each route for one task: the one that it names, else the one with the highest
 * priority not above the task's, else the lowest.
 */
final class Queues {
  private final BatchQueue[] below = new BatchQueue[Route.COUNT];
  private final BatchQueue[] lowest = new BatchQueue[Route.COUNT];

  Queues(TaskProfile task, List<BatchQueue> queues) {
    int priority = task.wishes().priority();
    Optional<String> named = task.wishes().jobQueue();
    for (BatchQueue queue : queues) {
      if (named.isPresent() && !named.get().equals(queue.name())) {
        continue;
      }
      int route = queue.route().ordinal();
      if (queue.priority() <= priority && (below[route] == null || first(below[route], queue))) {
        below[route] = queue;
      }
      if (lowest[route] == null || first(queue, lowest[route])) {
        lowest[route] = queue;
      }
    }
  }

  Optional<BatchQueue> of(Route route) {
    int at = route.ordinal();
    return Optional.ofNullable(below[at] != null ? below[at] : lowest[at]);
  }

  /** True when {@code a} has the lower priority, or the same and the later name. */
  private static boolean first(BatchQueue a, BatchQueue b) {
    return a.priority() != b.priority()
        ? a.priority() < b.priority()
        : a.name().compareTo(b.name()) > 0;
  }
}
