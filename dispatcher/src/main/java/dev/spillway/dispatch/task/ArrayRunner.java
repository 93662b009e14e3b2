package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.ArrayEvent;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArrayState.Work;
import dev.spillway.dispatch.fallback.ArrayStep;
import dev.spillway.dispatch.fallback.ArraySteps;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries arrays along: plans and makes their children, takes in how they end, stops them.
 *
 * <p>Like {@link TaskRunner}: what happened is a compare-and-set on the parent, and what is to be
 * done follows from the state that is on disk. Children are made in the same commit as the parent
 * notes that they are. After a crash the stored wake-up leads here again.
 */
final class ArrayRunner {
  private static final Logger LOG = LoggerFactory.getLogger(ArrayRunner.class);
  private static final Duration UNREACHABLE = Duration.ofSeconds(10);
  private static final Duration STOP_AGAIN = Duration.ofSeconds(30);

  private final TaskStore store;
  private final InstantSource clock;
  private final Children children;
  private final ArrayChildren maker;

  /** What the runner of tasks does for arrays. */
  interface Children {
    /** New children were stored. */
    void accepted(List<Task> tasks);

    /** Something happened to a child. */
    void happened(String childId, JourneyEvent event);

    /** An array's wake-up was stored. */
    void wakeUp(Instant at);

    /** An array has ended. */
    void ended(String taskId);
  }

  ArrayRunner(TaskStore store, ObjectStore objects, InstantSource clock, Children children) {
    this.store = store;
    this.clock = clock;
    this.children = children;
    this.maker = new ArrayChildren(store, objects);
  }

  /** Must be told before the first array is woken. */
  void planBy(ArrayPlanner planner) {
    maker.planBy(planner);
  }

  /** An event of tasks, as far as an array knows it. */
  void happened(Task task, JourneyEvent event) {
    switch (event) {
      case JourneyEvent.DependenciesEnded(Map<String, Boolean> ended) -> {
        apply(task.taskId(), new ArrayEvent.DependenciesEnded(ended));
        ended.keySet().forEach(id -> neverMade(task, id));
      }
      case JourneyEvent.CancelAsked(String reason) -> {
        apply(task.taskId(), new ArrayEvent.StopAsked(reason));
        wake(task.taskId());
      }
      case JourneyEvent.Due _,
          JourneyEvent.Postponed _,
          JourneyEvent.HopPacked _,
          JourneyEvent.HopSent _,
          JourneyEvent.HopMoved _,
          JourneyEvent.HopSucceeded _,
          JourneyEvent.HopFailed _,
          JourneyEvent.HopGone _ -> {
        // An array has no hops.
      }
    }
  }

  /**
   * Children of an array that child n waits for child n of, but that ended before it made them all:
   * they will never end, so those that wait are told now.
   */
  private void neverMade(Task task, String otherId) {
    if (!task.array().orElseThrow().waits().arrays().contains(otherId)) {
      return;
    }
    Optional<ArrayState> other = store.find(otherId).flatMap(Task::array);
    if (other.isEmpty() || other.get().made() == other.get().size() && other.get().size() > 0) {
      return;
    }
    ArrayState mine = store.find(task.taskId()).flatMap(Task::array).orElseThrow();
    for (int i = other.get().made(); i < mine.made(); i++) {
      if (!mine.ends().ended(i)) {
        boolean succeeded = other.get().outcome(i, true).orElse(false);
        children.happened(
            Task.childId(task.taskId(), i),
            new JourneyEvent.DependenciesEnded(Map.of(Task.childId(otherId, i), succeeded)));
      }
    }
  }

  /** Children ended, by index; true for those that succeeded. */
  void childrenEnded(String parentId, Map<Integer, Boolean> ended) {
    apply(parentId, new ArrayEvent.ChildrenEnded(ended));
  }

  /** Does what can be done for an array now. */
  void wake(String taskId) {
    boolean more = true;
    while (more) {
      Optional<Task> task = store.find(taskId);
      more = task.isPresent() && isDue(task.get()) && work(task.get());
    }
  }

  private boolean isDue(Task task) {
    return !task.status().terminal()
        && !(task.journey().state() instanceof TaskState.Pending)
        && task.journey().wakeAt().map(at -> !at.isAfter(clock.instant())).orElse(false);
  }

  /** Returns whether there may be more to do. */
  private boolean work(Task task) {
    String id = task.taskId();
    return switch (task.array().orElseThrow().next()) {
      case Work.Wait() -> {
        apply(id, new ArrayEvent.Looked());
        yield false;
      }
      case Work.Plan() -> tried(task, () -> apply(id, maker.plan(task, clock.instant())));
      case Work.PlanRest() -> tried(task, () -> apply(id, maker.planRest(task, clock.instant())));
      case Work.Make(List<Integer> indices, int upTo) ->
          tried(task, () -> make(task, indices, upTo));
      case Work.Stop(String reason, List<Integer> indices) -> {
        // Before the children: their ends may come while the last of them are being stopped.
        apply(id, new ArrayEvent.Postponed(clock.instant().plus(STOP_AGAIN)));
        indices.forEach(
            index ->
                children.happened(Task.childId(id, index), new JourneyEvent.CancelAsked(reason)));
        yield false;
      }
    };
  }

  private boolean tried(Task task, Runnable work) {
    try {
      work.run();
      return true;
    } catch (RefusedException e) {
      if (e.kind() == RefusedException.Kind.UNAVAILABLE) {
        return later(task, e);
      }
      apply(task.taskId(), new ArrayEvent.StopAsked(e.getMessage()));
      return true;
    } catch (ObjectStore.FailedException e) {
      if (e.status() >= 500 || e.status() == 429) {
        return later(task, e);
      }
      apply(task.taskId(), new ArrayEvent.StopAsked(e.getMessage()));
      return true;
    } catch (IllegalStateException | IllegalArgumentException e) {
      // Not known what it means: it is tried again, but not at once and for ever.
      return later(task, e);
    }
  }

  private boolean later(Task task, RuntimeException why) {
    LOG.warn("array={} cannot go on now", task.taskId(), why);
    apply(task.taskId(), new ArrayEvent.Postponed(clock.instant().plus(UNREACHABLE)));
    return false;
  }

  private void make(Task task, List<Integer> indices, int upTo) {
    List<TaskStore.NewTask> made = maker.make(task, indices, clock.instant());
    Task parent = task;
    while (true) {
      ArrayStep step =
          ArraySteps.step(
              parent.journey(),
              parent.array().orElseThrow(),
              new ArrayEvent.Made(upTo),
              clock.instant());
      Task next = parent.moved(step.journey(), step.array());
      if (store.make(next, made)) {
        tellOfMove(parent, next, step.ended());
        children.accepted(made.stream().map(TaskStore.NewTask::task).toList());
        return;
      }
      parent = store.find(task.taskId()).orElseThrow();
      ArrayState now = parent.array().orElseThrow();
      boolean overtaken =
          parent.status().terminal()
              || now.stopping().isPresent()
              || now.made() != task.array().orElseThrow().made();
      if (overtaken) {
        return;
      }
    }
  }

  private void apply(String taskId, ArrayEvent event) {
    while (true) {
      Optional<Task> found = store.find(taskId);
      if (found.isEmpty() || found.get().array().isEmpty()) {
        return;
      }
      Task task = found.get();
      ArrayState before = task.array().get();
      ArrayStep step = ArraySteps.step(task.journey(), before, event, clock.instant());
      if (step.journey().equals(task.journey()) && step.array().equals(before)) {
        return;
      }
      Task next = task.moved(step.journey(), step.array());
      if (store.replace(next, Optional.empty())) {
        tellOfMove(task, next, step.ended());
        return;
      }
    }
  }

  private void tellOfMove(Task from, Task to, boolean ended) {
    to.journey().wakeAt().ifPresent(children::wakeUp);
    if (from.status() != to.status()) {
      LOG.info(
          "array={} from={} to={} {}",
          to.taskId(),
          from.status(),
          to.status(),
          to.array().orElseThrow().ends());
    }
    if (ended) {
      children.ended(to.taskId());
    }
  }

  /** The ends among these that are ends of children, by their array. */
  static Map<String, Map<Integer, Boolean>> byParent(List<TaskStore.Ended> ended) {
    Map<String, Map<Integer, Boolean>> byParent = new LinkedHashMap<>();
    for (TaskStore.Ended end : ended) {
      Task.parentOf(end.taskId())
          .ifPresent(
              parent ->
                  byParent
                      .computeIfAbsent(parent, _ -> new LinkedHashMap<>())
                      .put(Task.indexOf(end.taskId()), end.succeeded()));
    }
    return byParent;
  }
}
