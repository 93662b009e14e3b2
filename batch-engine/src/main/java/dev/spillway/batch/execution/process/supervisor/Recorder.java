package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.supervisor.Children.Change;
import dev.spillway.batch.execution.process.supervisor.ExitRecords.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes changes down, then tells them: whoever hears of an end may rely on it after a power cut.
 *
 * <p>Shape: one thread; what gathered while the disk worked shares the next flush.
 */
final class Recorder {
  private static final int BATCH_MAX = 1024;

  private final Children children;
  private final ExitRecords records;
  private final Preparation preparation;
  private final boolean sync;
  private final Iterable<Connection> connections;

  Recorder(
      Children children,
      ExitRecords records,
      Preparation preparation,
      boolean sync,
      Iterable<Connection> connections) {
    this.children = children;
    this.records = records;
    this.preparation = preparation;
    this.sync = sync;
    this.connections = connections;
  }

  /**
   * Ends only with the supervisor. A disk that fails ends the supervisor: no promise without it.
   */
  void run() throws IOException, InterruptedException {
    List<Change> batch = new ArrayList<>();
    List<Entry> entries = new ArrayList<>();
    while (true) {
      batch.add(children.changes.take());
      children.changes.drainTo(batch, BATCH_MAX);
      boolean flush = false;
      for (Change change : batch) {
        Entry entry = entry(change);
        entries.add(entry);
        flush |= entry instanceof Entry.Over && !change.child().tied;
      }
      records.append(entries);
      if (flush && sync) {
        records.sync();
      }
      for (int i = 0; i < entries.size(); i++) {
        Entry entry = entries.get(i);
        children.publish(batch.get(i).child(), entry, status(entry), connections);
      }
      batch.clear();
      entries.clear();
    }
  }

  private Entry entry(Change change) {
    return switch (change) {
      case Change.Began(var child, var status) ->
          new Entry.Forked(child.id, status, startTicks(child, status), child.tied, child.limits);
      case Change.Finished(var child, var status) -> new Entry.Over(child.id, status);
      case Change.Failed(var child, int errno, var spawn) ->
          new Entry.Over(
              child.id,
              new Status.NotStarted(
                  child.id, preparation.explain(errno, spawn), java.time.Instant.now()));
    };
  }

  /** Zero for one that has ended already: its end is the next record. */
  private static long startTicks(Children.Child child, Status.Running status) {
    return Proc.alive((int) status.pid()).map(Proc::startTicks).orElse(0L);
  }

  private static Status status(Entry entry) {
    return switch (entry) {
      case Entry.Forked forked -> forked.running();
      case Entry.Over over -> over.status();
      case Entry.Intent _, Entry.Forgotten _ ->
          throw new IllegalStateException("the recorder writes no " + entry);
    };
  }
}
