package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.JourneyEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Tells of tasks that have ended: the learner, the tasks that wait for them, and their arrays. Rows
 * leave the outbox only when all have been told.
 */
final class EndsOutbox {
  private static final int AT_ONCE = 100;

  private final TaskStore store;
  private final Learner learner;
  private final BiConsumer<String, JourneyEvent> tell;
  private final ArrayRunner arrays;

  /**
   * Over its parts.
   *
   * @param tell hands an event to a task
   * @param arrays are told of their children
   */
  EndsOutbox(
      TaskStore store, Learner learner, BiConsumer<String, JourneyEvent> tell, ArrayRunner arrays) {
    this.store = store;
    this.learner = learner;
    this.tell = tell;
    this.arrays = arrays;
  }

  /**
   * Tells of the oldest ends.
   *
   * @return true when there may be more
   */
  boolean drain() {
    List<TaskStore.Ended> untold = store.ended(AT_ONCE);
    if (untold.isEmpty()) {
      return false;
    }
    Map<String, Optional<Task>> read = new HashMap<>();
    Function<String, Optional<Task>> tasks = id -> read.computeIfAbsent(id, store::find);
    learner.learn(untold, tasks);
    for (TaskStore.Ended ended : untold) {
      for (String dependent : store.dependents(ended.taskId())) {
        tell.accept(
            dependent,
            new JourneyEvent.DependenciesEnded(Map.of(ended.taskId(), ended.succeeded())));
      }
    }
    ArrayRunner.byParent(untold, tasks).forEach(arrays::childrenEnded);
    store.told(untold.stream().map(TaskStore.Ended::sequence).toList());
    return untold.size() == AT_ONCE;
  }
}
