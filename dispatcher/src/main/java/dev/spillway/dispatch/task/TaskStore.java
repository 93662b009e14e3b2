package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Port: keeps tasks. Every method that changes something returns when the change is on disk.
 *
 * <p>There is no transaction over tasks, except that a submit is all or none; a task changes by
 * compare-and-set on its version. So several dispatchers may have the same store open. Nothing
 * scans: what is due, live or waiting for another task is found by key.
 *
 * <p>The access patterns, for a store without SQL (each is one item, or one key range of one
 * index):
 *
 * <ul>
 *   <li>by task id: {@link #find}, {@link #payload}, {@link #hopLog}; conditional write on the
 *       version: {@link #replace}, which puts an outbox item with it when the task ends
 *   <li>by idempotency key, written with the task on the condition that it is absent: {@link
 *       #byKey}, {@link #submit}
 *   <li>in order of the wake-up, only tasks that have one: {@link #due}, {@link #nextDue}
 *   <li>only tasks with something in a place: {@link #live}
 *   <li>by the task waited for: {@link #dependents}
 *   <li>in order of the outbox's sequence: {@link #ended}, {@link #told}. The sequence needs a
 *       counter that is raised in the transaction that writes the item
 *   <li>in order of creation, within a status, workload, route or tag: {@link #list}
 *   <li>in order of the end, only ended tasks: {@link #withObjects}, {@link #forget}
 *   <li>in order of the id: {@link #startingWith}
 *   <li>by the array, in order of the index, within a status: {@link #children}, {@link
 *       #childCounts}; {@link #make} puts a few hundred of them on the condition of the parent's
 *       version
 * </ul>
 */
public interface TaskStore extends AutoCloseable {

  /**
   * A task to be stored for the first time.
   *
   * @param payload JSON bytes; empty when the payload is an object in S3
   * @param documentHash of the document as it came
   * @param dependsOn task ids that must exist
   */
  record NewTask(
      Task task, Optional<byte[]> payload, String documentHash, List<String> dependsOn) {}

  /** What a submit came to. */
  sealed interface Submitted {
    record Stored() implements Submitted {}

    /** A key of one of the tasks has been used before; nothing was stored. */
    record KeyTaken(String idempotencyKey) implements Submitted {}
  }

  /** A task found by its idempotency key. */
  record Keyed(String taskId, String documentHash) {}

  /** The log of a function hop, kept with the commit that ends the hop. */
  record HopLog(int hop, String text) {}

  /** What to list; empty members do not filter. */
  record Filter(
      List<TaskStatus> statuses,
      Optional<String> workload,
      Optional<Route> route,
      Map<String, String> tags,
      Optional<Instant> after,
      Optional<Instant> before) {
    public static final Filter ALL =
        new Filter(
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            Optional.empty(),
            Optional.empty());
  }

  /** Newest first, by creation; the token leads to the next page and is absent on the last. */
  record Page(List<Task> tasks, Optional<String> nextToken) {}

  /**
   * A task that ended and of which not everybody has been told.
   *
   * @param sequence rises in the order in which the ends became visible: whoever has seen this
   *     number will never see a lower one for the first time. Not gapless, and never used again
   */
  record Ended(long sequence, String taskId, boolean succeeded) {}

  /** Stores all or none. */
  Submitted submit(List<NewTask> tasks);

  Optional<Task> find(String taskId);

  /** Ids that begin so, at most {@code most}; none of children of arrays. */
  List<String> startingWith(String prefix, int most);

  Optional<Keyed> byKey(String idempotencyKey);

  /** The payload as JSON bytes; empty when it is an object in S3. */
  Optional<byte[]> payload(String taskId);

  /**
   * Replaces the task whose version is one less than this one's. When that is its end, the same
   * commit notes it for {@link #ended}.
   *
   * @return false when another change came first; then nothing is stored
   */
  boolean replace(Task task, Optional<HopLog> log);

  /**
   * Replaces the parent of an array as {@link #replace} does, and stores its new children in the
   * same commit: so no child is made for an array that was stopped meanwhile.
   *
   * @return false when another change of the parent came first; then nothing is stored
   */
  boolean make(Task parent, List<NewTask> children);

  /** Children of arrays are not among them. */
  Page list(Filter filter, Optional<String> token, int maxResults);

  /**
   * Children of an array that have been made, in the order of their index.
   *
   * @param statuses empty for all
   */
  Page children(String parentId, List<TaskStatus> statuses, Optional<String> token, int maxResults);

  /** How many of the children that have been made are in each status. */
  Map<TaskStatus, Integer> childCounts(String parentId);

  /** Ids of tasks whose wake-up is due, the longest due first. */
  List<String> due(Instant now, int most);

  /** When the next wake-up is due. */
  Optional<Instant> nextDue();

  /** Ids of tasks that may have something in a place; for the start. */
  List<String> live();

  /** Ids of tasks that wait for this one. */
  List<String> dependents(String taskId);

  /** Ended tasks of which somebody must still be told, in the order of their sequence. */
  List<Ended> ended(int most);

  /** Everybody has been told of these ends; harmless for those that are gone already. */
  void told(List<Long> sequences);

  /** Everybody has been told of this end. Several at once cost no more than one. */
  default void told(long sequence) {
    told(List.of(sequence));
  }

  Optional<String> hopLog(String taskId, int hop);

  /**
   * Tasks that ended before {@code endedBefore} and whose own objects may still be in S3, the
   * oldest end first. Neither one with something in a place, nor one that an unfinished task
   * depends on; a child of an array only when the array has ended before that, too.
   */
  List<Task> withObjects(Instant endedBefore, int most);

  /** The own objects of these tasks are no longer in S3. */
  void objectsGone(List<String> taskIds);

  /**
   * Deletes tasks that ended before {@code endedBefore} with all that belongs to them: payload,
   * tags, dependencies, logs, idempotency key. Only those whose objects are gone, that have nothing
   * in a place, and that no unfinished task depends on.
   *
   * @return number deleted, at most {@code most}
   */
  int forget(Instant endedBefore, int most);

  @Override
  void close();
}
