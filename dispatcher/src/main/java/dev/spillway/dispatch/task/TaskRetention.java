package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.Hop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets ended tasks, and before that the objects that the dispatcher itself wrote for them.
 *
 * <p>A bite at a time, so that a large backlog delays no other change. The objects go before the
 * row that names them: a crash between the two leaves nothing that nobody would find again.
 */
public final class TaskRetention {
  private static final Logger LOG = LoggerFactory.getLogger(TaskRetention.class);
  static final int BITE = 100;

  private final TaskStore store;
  private final ObjectStore objects;
  private final String bucket;
  private final PackObjects packs;
  private final Duration tasks;
  private final Duration results;
  private final InstantSource clock;

  /**
   * Over its parts.
   *
   * @param tasks how long an ended task is kept
   * @param results how long its payload and result in S3 are kept; never longer than the task
   */
  public TaskRetention(
      TaskStore store, ObjectStore objects, Duration tasks, Duration results, InstantSource clock) {
    this(store, objects, ObjectStore.TASKS_BUCKET, tasks, results, clock);
  }

  /** The same, with the bucket that the objects are in. */
  public TaskRetention(
      TaskStore store,
      ObjectStore objects,
      String bucket,
      Duration tasks,
      Duration results,
      InstantSource clock) {
    this.store = store;
    this.objects = objects;
    this.bucket = bucket;
    this.packs = new PackObjects(store, objects, bucket);
    this.tasks = tasks;
    this.results = results.compareTo(tasks) < 0 ? results : tasks;
    this.clock = clock;
  }

  /**
   * Takes one bite.
   *
   * @return whether there may be more
   */
  boolean bite() {
    Instant now = clock.instant();
    List<Task> emptied = store.withObjects(now.minus(results), BITE);
    emptied.forEach(task -> Places.objects(task, bucket).forEach(objects::delete));
    emptied.stream()
        .flatMap(task -> task.journey().hops().stream())
        .flatMap(hop -> hop.pack().stream())
        .map(Hop.Pack::key)
        .distinct()
        .forEach(packs::deleteUnlessNeeded);
    store.objectsGone(emptied.stream().map(Task::taskId).toList());
    int forgotten = store.forget(now.minus(tasks), BITE);
    if (!emptied.isEmpty() || forgotten > 0) {
      LOG.info("retention: tasks forgotten={} objects deleted of={}", forgotten, emptied.size());
    }
    return emptied.size() == BITE || forgotten == BITE;
  }
}
