package dev.spillway.dispatch.task;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets callers wait for the end of a task. */
public final class TaskEnds {
  private final Map<String, Set<CountDownLatch>> waiting = new ConcurrentHashMap<>();

  /** The task once it has ended, or as it is when the time is over. */
  public Optional<Task> await(TaskStore store, String taskId, Duration most) {
    var latch = new CountDownLatch(1);
    waiting.computeIfAbsent(taskId, _ -> ConcurrentHashMap.newKeySet()).add(latch);
    try {
      Optional<Task> task = store.find(taskId);
      if (task.isEmpty() || task.get().status().terminal()) {
        return task;
      }
      latch.await(most.toMillis(), TimeUnit.MILLISECONDS);
      return store.find(taskId);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return store.find(taskId);
    } finally {
      waiting.computeIfPresent(
          taskId,
          (_, latches) -> {
            latches.remove(latch);
            return latches.isEmpty() ? null : latches;
          });
    }
  }

  void ended(String taskId) {
    waiting.getOrDefault(taskId, Set.of()).forEach(CountDownLatch::countDown);
  }
}
