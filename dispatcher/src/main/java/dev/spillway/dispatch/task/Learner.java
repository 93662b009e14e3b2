package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.SeenStarts;
import dev.spillway.dispatch.routing.Starts;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers how workloads' runs went, in memory and on disk. What is learnt from an end is on disk
 * before the end leaves the outbox, so a crash neither repeats a lesson nor loses one.
 */
public final class Learner implements Histories {
  private static final Logger LOG = LoggerFactory.getLogger(Learner.class);

  private final HistoryStore store;
  private final InstantSource clock;
  private final Map<String, RunHistory> histories = new ConcurrentHashMap<>();

  /** Not on disk: after a start three runs say it anew, and the machine may be another. */
  private final Map<Starts.Place, SeenStarts> starts = new ConcurrentHashMap<>();

  private long learntTo;

  /** Reads all that is known. */
  public Learner(HistoryStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
    reload();
  }

  private void reload() {
    // The cursor first: what is written after it is read again, which is noticed and harmless.
    learntTo = store.learntTo();
    Map<String, RunHistory> read = new LinkedHashMap<>();
    store.each(entry -> read(entry).ifPresent(history -> read.put(entry.workload(), history)));
    histories.keySet().retainAll(read.keySet());
    histories.putAll(read);
  }

  private static Optional<RunHistory> read(HistoryStore.Entry entry) {
    try {
      long[] words = new long[entry.learnt().length / Long.BYTES];
      ByteBuffer.wrap(entry.learnt()).asLongBuffer().get(words);
      return Optional.of(RunHistory.of(words));
    } catch (IllegalArgumentException e) {
      LOG.warn("workload={}: {}; it is learnt anew", entry.workload(), e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public RunHistory of(String workload) {
    return histories.getOrDefault(workload, RunHistory.NONE);
  }

  @Override
  public OptionalDouble start(Starts.Place place) {
    return starts.getOrDefault(place, SeenStarts.NONE).seconds();
  }

  @Override
  public void each(BiConsumer<String, RunHistory> reader) {
    new TreeMap<>(histories).forEach(reader);
  }

  @Override
  public synchronized void forget(String workload) {
    store.forget(workload);
    histories.remove(workload);
  }

  /** Takes up what another dispatcher of the same store has learnt. */
  synchronized void refresh() {
    if (store.learntTo() != learntTo) {
      reload();
    }
  }

  /**
   * Learns from ends that it has not seen.
   *
   * @param ended in the order of their sequence
   */
  synchronized void learn(List<TaskStore.Ended> ended, Function<String, Optional<Task>> tasks) {
    try {
      learnNew(ended, tasks);
    } catch (HistoryStore.OvertakenException e) {
      reload();
      learnNew(ended, tasks);
    }
  }

  private void learnNew(List<TaskStore.Ended> ended, Function<String, Optional<Task>> tasks) {
    Map<String, RunHistory> changed = new LinkedHashMap<>();
    List<StartLesson> started = new ArrayList<>();
    long to = learntTo;
    for (TaskStore.Ended end : ended) {
      if (end.sequence() > learntTo) {
        to = Math.max(to, end.sequence());
        Optional<Task> task = tasks.apply(end.taskId());
        task.flatMap(StartLesson::of).ifPresent(started::add);
        task.flatMap(Lesson::of)
            .ifPresent(
                lesson ->
                    changed.merge(
                        lesson.workload(),
                        of(lesson.workload()).with(lesson.run(), lesson.planned()),
                        (known, _) -> known.with(lesson.run(), lesson.planned())));
      }
    }
    if (to == learntTo) {
      return;
    }
    List<HistoryStore.Entry> entries = new ArrayList<>();
    changed.forEach(
        (workload, history) ->
            entries.add(new HistoryStore.Entry(workload, bytes(history), clock.instant())));
    store.write(entries, to);
    learntTo = to;
    histories.putAll(changed);
    started.forEach(this::learn);
  }

  private void learn(StartLesson lesson) {
    starts.merge(
        lesson.place(),
        SeenStarts.NONE.with(lesson.seconds(), lesson.sentAt()),
        (known, _) -> known.with(lesson.seconds(), lesson.sentAt()));
  }

  private static byte[] bytes(RunHistory history) {
    long[] words = history.toWords();
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * words.length);
    bytes.asLongBuffer().put(words);
    return bytes.array();
  }
}
