package dev.spillway.batch.engine;

import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;

/** Which live jobs wait for which, and which are children of one array. Held by one thread. */
final class JobLinks {
  private final TreeMap<String, SequencedSet<String>> dependents = new TreeMap<>();
  private final Map<String, SequencedSet<String>> nToNDependents = new HashMap<>();
  private final Map<String, TreeMap<Integer, String>> liveChildren = new HashMap<>();

  void add(Job job) {
    job.spec()
        .child()
        .ifPresent(
            child ->
                liveChildren
                    .computeIfAbsent(child.parentId(), _ -> new TreeMap<>())
                    .put(child.index(), job.id()));
    for (Dependency dependency : job.spec().dependsOn()) {
      if (dependency.nToN()) {
        add(nToNDependents, dependency.jobId(), job.id());
      }
    }
    if (job.state() instanceof JobState.Pending pending) {
      pending.waitingFor().forEach(id -> add(dependents, id, job.id()));
    }
  }

  /** {@code job} as it was when it was added. */
  void remove(Job job) {
    job.spec()
        .child()
        .ifPresent(
            child ->
                liveChildren.computeIfPresent(
                    child.parentId(),
                    (_, ids) -> {
                      ids.remove(child.index());
                      return ids.isEmpty() ? null : ids;
                    }));
    for (Dependency dependency : job.spec().dependsOn()) {
      if (dependency.nToN()) {
        remove(nToNDependents, dependency.jobId(), job.id());
      }
    }
    if (job.state() instanceof JobState.Pending pending) {
      pending.waitingFor().forEach(id -> remove(dependents, id, job.id()));
    }
  }

  /** Jobs that wait for that one, in the order they were submitted. */
  List<String> dependentsOf(String jobId) {
    return List.copyOf(dependents.getOrDefault(jobId, new LinkedHashSet<>()));
  }

  /** Arrays whose children wait for the children of that one, each for its own. */
  List<String> nToNDependentsOf(String jobId) {
    return List.copyOf(nToNDependents.getOrDefault(jobId, new LinkedHashSet<>()));
  }

  /** Ids of the children of an array that other jobs wait for. */
  List<String> childrenWaitedFor(String parentId) {
    return List.copyOf(dependents.subMap(parentId + ":", parentId + ";").keySet());
  }

  /** Ids of the children of an array that have a record and have not ended, by index. */
  List<String> liveChildrenOf(String parentId) {
    return List.copyOf(liveChildren.getOrDefault(parentId, new TreeMap<>()).values());
  }

  private static void add(Map<String, SequencedSet<String>> index, String key, String dependent) {
    index.computeIfAbsent(key, _ -> new LinkedHashSet<>()).add(dependent);
  }

  private static void remove(
      Map<String, SequencedSet<String>> index, String key, String dependent) {
    index.computeIfPresent(
        key,
        (_, ids) -> {
          ids.remove(dependent);
          return ids.isEmpty() ? null : ids;
        });
  }
}
