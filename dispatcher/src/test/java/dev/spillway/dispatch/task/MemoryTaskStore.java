package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.TaskStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The task store's double: the same answers, no disk. */
public class MemoryTaskStore implements TaskStore {
  private record Row(long seq, Task task, Optional<byte[]> payload, String hash) {}

  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Map<String, Set<String>> edges = new TreeMap<>();
  private final Map<Long, Ended> ended = new TreeMap<>();
  private final Map<String, String> logs = new TreeMap<>();
  private final Set<String> emptied = new TreeSet<>();
  private long sequence;

  @Override
  public synchronized Submitted submit(List<NewTask> tasks) {
    for (NewTask created : tasks) {
      Optional<String> key = created.task().document().idempotencyKey();
      if (key.isPresent() && byKey(key.get()).isPresent()) {
        return new Submitted.KeyTaken(key.get());
      }
    }
    add(tasks);
    return new Submitted.Stored();
  }

  private void add(List<NewTask> tasks) {
    for (NewTask created : tasks) {
      rows.put(
          created.task().taskId(),
          new Row(++sequence, stored(created.task()), created.payload(), created.documentHash()));
      created
          .dependsOn()
          .forEach(
              id -> edges.computeIfAbsent(id, _ -> new TreeSet<>()).add(created.task().taskId()));
    }
  }

  /** Through the codec, so that what cannot be written is seen here too. */
  private static Task stored(Task task) {
    TaskJson.Fixed fixed = TaskJson.fixed(TaskJson.fixed(task));
    return new Task(
        task.taskId(),
        task.version(),
        task.createdAt(),
        task.document(),
        fixed.target(),
        fixed.plan(),
        task.orders(),
        TaskJson.journey(TaskJson.journey(task.journey())),
        task.result(),
        task.array().map(array -> ArrayJson.read(ArrayJson.write(array))));
  }

  @Override
  public synchronized Optional<Task> find(String taskId) {
    return Optional.ofNullable(rows.get(taskId)).map(Row::task);
  }

  @Override
  public synchronized List<String> startingWith(String prefix, int most) {
    return rows.keySet().stream()
        .filter(id -> id.startsWith(prefix) && Task.parentOf(id).isEmpty())
        .sorted()
        .limit(most)
        .toList();
  }

  @Override
  public synchronized Optional<Keyed> byKey(String key) {
    return rows.values().stream()
        .filter(r -> r.task().document().idempotencyKey().equals(Optional.of(key)))
        .findFirst()
        .map(r -> new Keyed(r.task().taskId(), r.hash()));
  }

  @Override
  public synchronized Optional<byte[]> payload(String taskId) {
    return Optional.ofNullable(rows.get(taskId)).flatMap(Row::payload);
  }

  @Override
  public synchronized boolean replace(Task task, Optional<HopLog> log) {
    return put(task, log);
  }

  private boolean put(Task task, Optional<HopLog> log) {
    Row row = rows.get(task.taskId());
    if (row == null || row.task().version() != task.version() - 1) {
      return false;
    }
    rows.put(task.taskId(), new Row(row.seq(), stored(task), row.payload(), row.hash()));
    log.ifPresent(l -> logs.put(task.taskId() + "/" + l.hop(), l.text()));
    if (task.status().terminal() && !row.task().status().terminal()) {
      long number = ++sequence;
      ended.put(
          number,
          new Ended(
              number,
              task.taskId(),
              task.status() == dev.spillway.dispatch.fallback.TaskStatus.SUCCEEDED));
    }
    return true;
  }

  @Override
  public synchronized Page list(Filter filter, Optional<String> token, int maxResults) {
    Optional<PageToken> place = token.map(PageToken::of);
    List<Row> found =
        rows.values().stream()
            .filter(r -> place.map(p -> token(r).compareTo(p) < 0).orElse(true))
            .filter(r -> r.task().parent().isEmpty() && fits(filter, r.task()))
            .sorted(Comparator.comparing(MemoryTaskStore::token).reversed())
            .limit(maxResults + 1L)
            .toList();
    boolean more = found.size() > maxResults;
    List<Row> page = more ? found.subList(0, maxResults) : found;
    return new Page(
        page.stream().map(Row::task).toList(),
        more ? Optional.of(token(page.getLast()).text()) : Optional.empty());
  }

  @Override
  public synchronized boolean make(Task parent, List<NewTask> children) {
    if (!put(parent, Optional.empty())) {
      return false;
    }
    children.stream()
        .filter(child -> rows.containsKey(child.task().taskId()))
        .findFirst()
        .ifPresent(
            child -> {
              throw new IllegalStateException(child.task().taskId() + " is there already");
            });
    add(children);
    return true;
  }

  @Override
  public synchronized Page children(
      String parentId, List<TaskStatus> statuses, Optional<String> token, int maxResults) {
    long after = token.map(PageToken::of).map(PageToken::sequence).orElse(-1L);
    List<Row> found =
        rows.values().stream()
            .filter(r -> r.task().parent().equals(Optional.of(parentId)) && r.seq() > after)
            .filter(r -> statuses.isEmpty() || statuses.contains(r.task().status()))
            .limit(maxResults + 1L)
            .toList();
    boolean more = found.size() > maxResults;
    List<Row> page = more ? found.subList(0, maxResults) : found;
    return new Page(
        page.stream().map(Row::task).toList(),
        more ? Optional.of(new PageToken(0, page.getLast().seq()).text()) : Optional.empty());
  }

  @Override
  public synchronized Map<TaskStatus, Integer> childCounts(String parentId) {
    Map<TaskStatus, Integer> counts = new TreeMap<>();
    rows.values().stream()
        .filter(r -> r.task().parent().equals(Optional.of(parentId)))
        .forEach(r -> counts.merge(r.task().status(), 1, Integer::sum));
    return counts;
  }

  private static PageToken token(Row row) {
    return new PageToken(row.task().createdAt().toEpochMilli(), row.seq());
  }

  private static boolean fits(Filter filter, Task task) {
    return (filter.statuses().isEmpty() || filter.statuses().contains(task.status()))
        && (filter.workload().isEmpty() || filter.workload().equals(task.document().workload()))
        && (filter.route().isEmpty() || filter.route().get() == task.route())
        && filter.tags().entrySet().stream()
            .allMatch(t -> t.getValue().equals(task.document().tags().get(t.getKey())))
        && filter.after().map(a -> task.createdAt().isAfter(a)).orElse(true)
        && filter.before().map(b -> task.createdAt().isBefore(b)).orElse(true);
  }

  @Override
  public synchronized List<String> due(Instant now, int most) {
    return rows.values().stream()
        .map(Row::task)
        .filter(t -> t.journey().wakeAt().map(at -> !at.isAfter(now)).orElse(false))
        .sorted(Comparator.comparing(t -> t.journey().wakeAt().orElseThrow()))
        .limit(most)
        .map(Task::taskId)
        .toList();
  }

  @Override
  public synchronized Optional<Instant> nextDue() {
    return rows.values().stream()
        .flatMap(r -> r.task().journey().wakeAt().stream())
        .min(Comparator.naturalOrder());
  }

  @Override
  public synchronized List<String> live() {
    return rows.values().stream()
        .filter(r -> r.task().journey().live())
        .map(r -> r.task().taskId())
        .toList();
  }

  @Override
  public synchronized List<String> dependents(String taskId) {
    return List.copyOf(edges.getOrDefault(taskId, Set.of()));
  }

  @Override
  public synchronized List<Ended> ended(int most) {
    return ended.values().stream().limit(most).toList();
  }

  @Override
  public synchronized void told(List<Long> numbers) {
    ended.keySet().removeAll(numbers);
  }

  @Override
  public synchronized Optional<String> hopLog(String taskId, int hop) {
    return Optional.ofNullable(logs.get(taskId + "/" + hop));
  }

  @Override
  public synchronized List<Task> withObjects(Instant endedBefore, int most) {
    return expired(endedBefore).filter(t -> !emptied.contains(t.taskId())).limit(most).toList();
  }

  private Stream<Task> expired(Instant endedBefore) {
    return rows.values().stream()
        .map(Row::task)
        .filter(t -> t.status().terminal() && !t.journey().live())
        .filter(t -> t.journey().state().since().isBefore(endedBefore))
        .filter(t -> t.parent().flatMap(this::find).map(p -> p.status().terminal()).orElse(true))
        .filter(
            t ->
                dependents(t.taskId()).stream()
                    .allMatch(id -> find(id).map(w -> w.status().terminal()).orElse(true)))
        .sorted(Comparator.comparing(t -> t.journey().state().since()));
  }

  @Override
  public synchronized void objectsGone(List<String> taskIds) {
    emptied.addAll(taskIds);
  }

  @Override
  public synchronized int forget(Instant endedBefore, int most) {
    List<String> gone =
        expired(endedBefore).map(Task::taskId).filter(emptied::contains).limit(most).toList();
    gone.forEach(
        id -> {
          rows.remove(id);
          edges.remove(id);
          edges.values().forEach(waiting -> waiting.remove(id));
          logs.keySet().removeIf(key -> key.startsWith(id + "/"));
        });
    return gone.size();
  }

  public synchronized List<Task> all() {
    return new ArrayList<>(rows.values().stream().map(Row::task).toList());
  }

  @Override
  public void close() {
    // nothing is held
  }
}
