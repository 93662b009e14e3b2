package dev.spillway.dispatch.task;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The history store's double: the same answers, no disk. */
public final class MemoryHistoryStore implements HistoryStore {

  /** What stores that are one have in common. */
  public static final class Records {
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private long learntTo;
  }

  private final Records records;
  private long known;

  public MemoryHistoryStore(Records records) {
    this.records = records;
  }

  @Override
  public void each(Consumer<Entry> reader) {
    synchronized (records) {
      records.entries.values().forEach(reader);
    }
  }

  @Override
  public long learntTo() {
    synchronized (records) {
      known = records.learntTo;
      return known;
    }
  }

  @Override
  public void write(List<Entry> changed, long learntTo) {
    synchronized (records) {
      if (learntTo < known) {
        throw new IllegalArgumentException(
            "the cursor is at %d and cannot go back to %d".formatted(known, learntTo));
      }
      if (records.learntTo != known) {
        throw new OvertakenException(known);
      }
      changed.forEach(e -> records.entries.put(e.workload(), e));
      records.learntTo = learntTo;
      known = learntTo;
    }
  }

  @Override
  public void forget(String workload) {
    synchronized (records) {
      records.entries.remove(workload);
    }
  }

  @Override
  public void close() {
    // nothing is held
  }
}
