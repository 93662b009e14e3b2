package dev.spillway.batch.engine;

import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.store.Journal;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds jobs by id: in the live state first, then in the store; a child without a record as its
 * parent has it. A child may get its record between two looks, so that one more look finds it.
 */
public final class JobFinder {
  private static final int LOOKS = 10;

  private final EngineView view;
  private final Journal journal;

  public JobFinder(EngineView view, Journal journal) {
    this.view = view;
    this.journal = journal;
  }

  /** Those that there are. */
  public Map<String, Job> find(Collection<String> ids) {
    Map<String, Job> found = new HashMap<>();
    List<String> missing = List.copyOf(ids);
    for (int look = 0; look < LOOKS && !missing.isEmpty(); look++) {
      withRecord(missing).forEach(found::put);
      missing = missing.stream().filter(id -> !found.containsKey(id)).toList();
      missing = children(missing, found);
    }
    return found;
  }

  public Optional<Job> find(String id) {
    return Optional.ofNullable(find(List.of(id)).get(id));
  }

  private Map<String, Job> withRecord(Collection<String> ids) {
    Map<String, Job> found = new LinkedHashMap<>();
    ids.forEach(id -> view.job(id).ifPresent(job -> found.put(id, job)));
    List<String> rest = ids.stream().filter(id -> !found.containsKey(id)).toList();
    if (!rest.isEmpty()) {
      journal.find(rest).forEach(job -> found.put(job.id(), job));
    }
    return found;
  }

  /**
   * Adds the children that have no record.
   *
   * @return those whose parent says that they have one by now
   */
  private List<String> children(List<String> ids, Map<String, Job> found) {
    Set<String> parentIds =
        ids.stream()
            .map(id -> ChildId.parse(id).map(ChildId::parentId).orElse(null))
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    if (parentIds.isEmpty()) {
      return List.of();
    }
    Map<String, Job> parents = withRecord(parentIds);
    return ids.stream().filter(id -> !child(id, parents, found)).toList();
  }

  /** False when it has to be looked for again. */
  private static boolean child(String id, Map<String, Job> parents, Map<String, Job> found) {
    ChildId child = ChildId.parse(id).orElse(null);
    Job parent = child == null ? null : parents.get(child.parentId());
    if (parent == null
        || parent.children().isEmpty()
        || child.index() >= parent.children().get().size()) {
      return true;
    }
    if (parent.children().get().status(child.index()).recorded()) {
      return false;
    }
    found.put(id, parent.child(child.index()));
    return true;
  }
}
