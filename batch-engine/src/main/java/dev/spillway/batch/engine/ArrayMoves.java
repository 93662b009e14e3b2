package dev.spillway.batch.engine;

import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.ChildIndexes;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobLifecycle;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the move of an array, or of one of its children, brings with it: children that may start,
 * children that never will, and the children of other arrays that wait for them.
 *
 * <p>A child that waits for the first time is a few bits of its parent. It may start when its
 * parent has fanned out, the child of each N_TO_N target with its index has succeeded, and, in a
 * SEQUENTIAL array, the child before it has. A target that lives no more holds nobody back: whoever
 * it failed has been told. <br>
 * Source: AWS Batch user guide, array jobs, job dependencies.
 */
final class ArrayMoves {
  private final EngineState state;
  private final Turn turn;

  ArrayMoves(EngineState state, Turn turn) {
    this.state = state;
    this.turn = turn;
  }

  /** Called after each move of a job. */
  void follow(Job before, Job after, JobEvent event) {
    Optional<ArrayRole.Child> child = after.spec().child();
    if (child.isPresent()) {
      if (!(before.state().equals(after.state()))) {
        childMoved(child.get(), after.asChild(), event.at());
      }
      return;
    }
    if (after.children().isEmpty()) {
      return;
    }
    Instant at = event.at();
    if (after.state() instanceof JobState.Fanned && !(before.state() instanceof JobState.Fanned)) {
      turn.then(() -> release(after.id(), at));
    }
    boolean stopped =
        event instanceof JobEvent.CancelRequested || event instanceof JobEvent.TerminateRequested;
    if (stopped && after.state() instanceof JobState.Fanned) {
      stopChildren(after, event);
    }
    if (after.state() instanceof JobState.Failed && !ofChildren(event)) {
      ChildIndexes with = before.children().orElseThrow().waiting(); // they have gone with it
      turn.toldChildren(after, with, JobStatus.FAILED, at);
      gone(after.id(), with, at);
    }
  }

  /** A child gets a record and its first attempt. */
  Job spawn(Job parent, int index, Instant now) {
    JobSpec spec = parent.spec().child(index);
    Job child =
        new Job(
            spec,
            new JobState.Runnable(1, parent.children().orElseThrow().movedAt()),
            parent.order(),
            List.of(),
            false,
            false,
            Optional.empty());
    turn.emit(new Event.ChildAdded(child));
    return child;
  }

  /** Cancel or terminate of one child that has no record: it ends at once. */
  void stopChild(String jobId, JobEvent event) {
    Optional<ChildId> id = ChildId.parse(jobId);
    Job parent = id.map(i -> state.job(i.parentId())).orElse(null);
    if (parent == null
        || parent.children().isEmpty()
        || id.get().index() >= parent.children().get().size()) {
      return;
    }
    String reason =
        event instanceof JobEvent.CancelRequested(String r, _)
            ? r
            : ((JobEvent.TerminateRequested) event).reason();
    switch (parent.children().get().status(id.get().index())) {
      case PENDING, RUNNABLE ->
          end(
              parent,
              id.get().index(),
              reason,
              event.at(),
              event instanceof JobEvent.TerminateRequested);
      case RUNNABLE_AGAIN, STARTING, RUNNING, SUCCEEDED, FAILED, GONE -> {}
    }
  }

  /** A child that never started ends, with a record that says why. */
  private void end(Job parent, int index, String reason, Instant at, boolean terminated) {
    boolean asked = !reason.equals(JobLifecycle.DEPENDENCY_FAILED);
    Job child =
        new Job(
            parent.spec().child(index),
            new JobState.Failed(0, reason, at),
            parent.order(),
            List.of(),
            asked && !terminated,
            asked && terminated,
            Optional.empty());
    List<String> dependents = state.links().dependentsOf(child.id());
    turn.emit(new Event.ChildAdded(child));
    turn.told(child, at);
    dependents.forEach(
        d -> turn.then(() -> turn.apply(d, new JobEvent.DependencyFailed(child.id(), at))));
    childMoved(child.spec().child().orElseThrow(), ChildStatus.FAILED, at);
  }

  /** The record of a child moved: its parent follows, and so do those that wait for it. */
  private void childMoved(ArrayRole.Child child, ChildStatus to, Instant at) {
    String parentId = child.parentId();
    boolean sequential =
        state.job(parentId).spec().parent().map(ArrayRole.Parent::sequential).orElse(false);
    List<String> waiting = state.links().nToNDependentsOf(parentId);
    turn.apply(parentId, new JobEvent.ChildMoved(child.index(), to, at));
    if (to == ChildStatus.SUCCEEDED) {
      if (sequential) {
        turn.then(() -> ready(parentId, child.index() + 1, at));
      }
      waiting.forEach(id -> turn.then(() -> ready(id, child.index(), at)));
    } else if (to == ChildStatus.FAILED) {
      if (sequential) {
        turn.then(() -> go(parentId, ChildIndexes.range(child.index() + 1, child.size()), at));
      }
      waiting.forEach(id -> turn.then(() -> dependencyFailed(id, child.index(), at)));
    }
  }

  /** All children that wait for nothing become RUNNABLE. */
  private void release(String parentId, Instant at) {
    Job parent = state.job(parentId);
    if (parent == null) {
      return;
    }
    ArrayRole.Parent array = parent.spec().parent().orElseThrow();
    if (parent.spec().dependsOn().stream().noneMatch(Dependency::nToN)) {
      release(parent, ChildIndexes.range(0, array.sequential() ? 1 : array.size()), at);
      return;
    }
    List<Integer> eligible = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (mayStart(parent, i)) {
        eligible.add(i);
      }
    }
    release(parent, ChildIndexes.of(eligible), at);
  }

  private void ready(String parentId, int index, Instant at) {
    Job parent = state.job(parentId);
    if (parent != null
        && index < parent.children().orElseThrow().size()
        && mayStart(parent, index)) {
      release(parent, ChildIndexes.of(index), at);
    }
  }

  private void release(Job parent, ChildIndexes indexes, Instant at) {
    ChildIndexes reached = parent.children().orElseThrow().ready(indexes, at).indexes();
    if (!reached.isEmpty()) {
      turn.apply(parent.id(), new JobEvent.ChildrenReady(reached, at));
      turn.toldChildren(state.job(parent.id()), reached, JobStatus.RUNNABLE, at);
    }
  }

  private boolean mayStart(Job parent, int index) {
    ArrayChildren children = parent.children().orElseThrow();
    if (!(parent.state() instanceof JobState.Fanned(Optional<?> stop))
        || stop.isPresent()
        || children.status(index) != ChildStatus.PENDING) {
      return false;
    }
    boolean sequential = parent.spec().parent().orElseThrow().sequential();
    if (sequential && index > 0 && children.status(index - 1) != ChildStatus.SUCCEEDED) {
      return false;
    }
    for (Dependency dependency : parent.spec().dependsOn()) {
      Job target = dependency.nToN() ? state.job(dependency.jobId()) : null;
      if (target != null
          && target.children().orElseThrow().status(index) != ChildStatus.SUCCEEDED) {
        return false;
      }
    }
    return true;
  }

  private void dependencyFailed(String parentId, int index, Instant at) {
    Job parent = state.job(parentId);
    if (parent != null && parent.children().orElseThrow().status(index) == ChildStatus.PENDING) {
      end(parent, index, JobLifecycle.DEPENDENCY_FAILED, at, false);
    }
  }

  /** Children that wait for something that has failed go together. */
  void go(String parentId, ChildIndexes indexes, Instant at) {
    Job parent = state.job(parentId);
    if (parent == null) {
      return;
    }
    go(parent, indexes, JobLifecycle.DEPENDENCY_FAILED, at);
  }

  private void go(Job parent, ChildIndexes indexes, String reason, Instant at) {
    ArrayChildren.Moved moved =
        parent.children().orElseThrow().go(indexes, new ArrayChildren.Gone(reason, at));
    ChildIndexes reached = moved.indexes();
    if (reached.isEmpty()) {
      return;
    }
    turn.toldChildren(parent.with(Optional.of(moved.children())), reached, JobStatus.FAILED, at);
    gone(parent.id(), reached, at);
    turn.apply(parent.id(), new JobEvent.ChildrenGone(reached, reason, at));
    ArrayRole.Parent array = parent.spec().parent().orElseThrow();
    if (array.sequential()) { // who comes later waits for the first of them
      ChildIndexes later = ChildIndexes.range(reached.at(0) + 1, array.size());
      turn.then(() -> go(parent.id(), later, at));
    }
  }

  /** Those that wait for children that never started. */
  private void gone(String parentId, ChildIndexes indexes, Instant at) {
    for (String dependent : state.links().nToNDependentsOf(parentId)) {
      turn.then(() -> go(dependent, indexes, at));
    }
    for (String childId : state.links().childrenWaitedFor(parentId)) {
      if (indexes.contains(ChildId.parse(childId).orElseThrow().index())) {
        for (String dependent : state.links().dependentsOf(childId)) {
          turn.then(() -> turn.apply(dependent, new JobEvent.DependencyFailed(childId, at)));
        }
      }
    }
  }

  /** Those that wait end at once; those that run are told. */
  private void stopChildren(Job parent, JobEvent event) {
    String reason = ((JobState.Fanned) parent.state()).stop().orElseThrow().reason();
    for (Job child : state.liveChildrenOf(parent.id())) {
      turn.then(() -> turn.apply(child.id(), event));
    }
    turn.then(
        () -> {
          Job now = state.job(parent.id());
          if (now != null) {
            go(now, ChildIndexes.range(0, now.children().orElseThrow().size()), reason, event.at());
          }
        });
  }

  private static boolean ofChildren(JobEvent event) {
    return event instanceof JobEvent.ChildMoved || event instanceof JobEvent.ChildrenGone;
  }
}
