package dev.spillway.batch.engine;

import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.ChildIndexes;
import dev.spillway.batch.job.ChildStatus;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How what a new job depends on stands.
 *
 * @param waitingFor ids of those that it waits for as a whole and that have not ended
 * @param failed one that failed
 * @param failedChildren children whose own N_TO_N target failed
 */
record DependsOn(List<String> waitingFor, Optional<String> failed, ChildIndexes failedChildren) {
  private static final Set<ChildStatus> FAILED = Set.of(ChildStatus.FAILED, ChildStatus.GONE);

  /**
   * Looks at the live state first, then at what the caller found in the store.
   *
   * @return empty when one is in neither: it ended since the caller looked
   */
  static Optional<DependsOn> of(JobSpec spec, EngineState state, Map<String, Job> ended) {
    List<String> waitingFor = new ArrayList<>();
    Optional<String> failed = Optional.empty();
    TreeSet<Integer> failedChildren = new TreeSet<>();
    for (Dependency dependency : spec.dependsOn()) {
      String id = dependency.jobId();
      Job target = state.job(id) != null ? state.job(id) : ended.get(id);
      if (dependency.nToN()) {
        if (target == null) {
          return Optional.empty();
        }
        ArrayChildren children = target.children().orElseThrow();
        for (int i = children.next(0, FAILED); i >= 0; i = children.next(i + 1, FAILED)) {
          failedChildren.add(i);
        }
        continue;
      }
      JobStatus status = target != null ? target.status() : childOfLiveArray(id, state);
      if (status == null) {
        return Optional.empty();
      }
      switch (status) {
        case SUCCEEDED -> {}
        case FAILED -> failed = Optional.of(id);
        case SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING -> waitingFor.add(id);
      }
    }
    return Optional.of(
        new DependsOn(waitingFor, failed, ChildIndexes.of(List.copyOf(failedChildren))));
  }

  /** A child without a record, or whose record has ended, is told by its parent. */
  private static JobStatus childOfLiveArray(String id, EngineState state) {
    return ChildId.parse(id)
        .map(
            child -> {
              Job parent = state.job(child.parentId());
              return parent == null
                  ? null
                  : parent.children().orElseThrow().status(child.index()).wire();
            })
        .orElse(null);
  }
}
