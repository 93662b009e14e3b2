package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What callers can see of tasks: one, many, children, payload, log, story, and the end to wait for.
 */
public final class TaskLookup {
  private static final int PREFIX = 8;
  private static final Pattern CHILD = Pattern.compile("([^:]*):(0|[1-9][0-9]{0,5})");

  private final TaskStore store;
  private final FunctionGateway functions;
  private final TaskEnds ends;
  private final InstantSource clock;

  TaskLookup(TaskStore store, FunctionGateway functions, TaskEnds ends, InstantSource clock) {
    this.store = store;
    this.functions = functions;
    this.ends = ends;
    this.clock = clock;
  }

  /**
   * A task by its id, or by a unique beginning of at least 8 characters.
   *
   * @throws RefusedException when there is none, or more than one
   */
  public Task find(String idOrPrefix) {
    String id = whole(idOrPrefix);
    return store.find(id).or(() -> earlier(id)).orElseThrow(() -> none(idOrPrefix));
  }

  /** Of a child that was not run again: its record in the array that its own is a rerun of. */
  private Optional<Task> earlier(String childId) {
    return Task.parentOf(childId)
        .flatMap(store::find)
        .flatMap(Task::array)
        .filter(array -> array.ends().succeeded(Task.indexOf(childId)))
        .flatMap(ArrayState::rerunOf)
        .map(array -> Task.childId(array, Task.indexOf(childId)))
        .flatMap(id -> store.find(id).or(() -> earlier(id)))
        .filter(task -> task.status() == TaskStatus.SUCCEEDED);
  }

  private String whole(String idOrPrefix) {
    Matcher child = CHILD.matcher(idOrPrefix);
    if (child.matches()) {
      return whole(child.group(1)) + Task.CHILD + child.group(2);
    }
    if (idOrPrefix.length() == 36) {
      return idOrPrefix;
    }
    if (idOrPrefix.length() < PREFIX || !idOrPrefix.matches("[0-9a-f-]+")) {
      throw none(idOrPrefix);
    }
    List<String> found = store.startingWith(idOrPrefix, 2);
    if (found.size() > 1) {
      throw RefusedException.invalid(
          "taskId",
          idOrPrefix,
          "taskId: more than one task begins with " + idOrPrefix + ". Give more of it.");
    }
    return found.stream().findFirst().orElseThrow(() -> none(idOrPrefix));
  }

  private static RefusedException none(String id) {
    String shown = id.length() > 64 ? id.substring(0, 64) + "…" : id;
    return RefusedException.notFound(
        "There is no task " + shown + ". Give its id, or at least the first 8 characters of it.");
  }

  /** Waits for its end, no longer than {@code most}. */
  public Task await(String idOrPrefix, Duration most) {
    String id = whole(idOrPrefix);
    return ends.await(store, id, most).or(() -> earlier(id)).orElseThrow(() -> none(idOrPrefix));
  }

  public TaskStore.Page list(TaskStore.Filter filter, Optional<String> token, int maxResults) {
    return store.list(filter, token, maxResults);
  }

  public Optional<byte[]> payload(Task task) {
    return Payloads.stored(store, task.taskId());
  }

  /** Children of an array that have been made; see {@link TaskStore#children}. */
  public TaskStore.Page children(
      Task array, List<TaskStatus> statuses, Optional<String> token, int maxResults) {
    if (array.array().isEmpty()) {
      throw new RefusedException(
          RefusedException.Kind.CONFLICT,
          "Task "
              + array.taskId()
              + " is no array and has no children. GET /tasks/"
              + array.taskId()
              + " shows it.");
    }
    return store.children(array.taskId(), statuses, token, maxResults);
  }

  /** How many children of an array are in each status; those not made yet are PENDING. */
  public Map<TaskStatus, Integer> childCounts(Task array) {
    Map<TaskStatus, Integer> counts = new EnumMap<>(TaskStatus.class);
    counts.putAll(store.childCounts(array.taskId()));
    ArrayState state = array.array().orElseThrow();
    int there = counts.values().stream().mapToInt(Integer::intValue).sum();
    if (state.earlier() > 0) {
      counts.merge(TaskStatus.SUCCEEDED, state.earlier(), Integer::sum);
    }
    int rest = state.size() - there - state.earlier();
    if (rest > 0 && !array.status().terminal()) {
      counts.merge(TaskStatus.PENDING, rest, Integer::sum);
    }
    return counts;
  }

  public Optional<String> functionLog(Task task, int hop) {
    return store.hopLog(task.taskId(), hop).or(() -> functions.log(task.hopKey(hop)));
  }

  /** What happened to a task, in sentences. */
  public List<String> story(Task task) {
    return Stories.tell(task, this::title, clock.instant());
  }

  /** What a task is called by people, and its short id. */
  String title(String taskId) {
    return store.find(taskId).map(t -> t.document().title() + " ").orElse("")
        + Task.shortId(taskId);
  }
}
