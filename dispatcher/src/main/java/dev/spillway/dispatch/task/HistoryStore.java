package dev.spillway.dispatch.task;

import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/**
 * Port: what was learnt of workloads, one record each. Every method that changes something returns
 * when the change is on disk.
 *
 * <p>Shape: one learner owns the records. It reads them and the cursor at its start, learns from
 * the ends of {@link TaskStore#ended} whose sequence is above the cursor, and writes what changed
 * together with the new cursor. So after a crash no end is learnt from twice and none is left out,
 * as long as ends are told only after the write. <br>
 * Errors: {@link OvertakenException} when another learner of the same store wrote in between.
 */
public interface HistoryStore extends AutoCloseable {

  /**
   * One workload's record.
   *
   * @param learnt opaque bytes written by its owner, a few hundred to two thousand; at most {@link
   *     #MOST_BYTES}
   */
  record Entry(String workload, byte[] learnt, Instant updatedAt) {
    /** Largest record, bytes. */
    public static final int MOST_BYTES = 64 * 1024;

    /**
     * Refuses what does not fit.
     *
     * @throws IllegalArgumentException names the workload and the size
     */
    public Entry {
      if (learnt.length > MOST_BYTES) {
        throw new IllegalArgumentException(
            "workload %s: a record of %d bytes; at most %d are kept. Keep less of its history."
                .formatted(workload, learnt.length, MOST_BYTES));
      }
    }
  }

  /** Another learner wrote since this one read: it must read records and cursor again. */
  final class OvertakenException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    OvertakenException(long known) {
      super(
          "another dispatcher learnt from ends after %d in the same store; nothing was written. Read the records and the cursor again."
              .formatted(known));
    }
  }

  /**
   * Every record by its workload's name, for the start; streamed, so that a million fit. The
   * consumer must not write to this store.
   */
  void each(Consumer<Entry> reader);

  /** The outbox sequence up to which ends have been learnt from; 0 at first. */
  long learntTo();

  /**
   * Writes the changed records and the cursor in one transaction.
   *
   * @param learntTo not below the cursor as last read or written here
   * @throws OvertakenException when the cursor is not where it was last read or written here;
   *     nothing is written
   * @throws IllegalArgumentException when the cursor would go back
   */
  void write(List<Entry> changed, long learntTo);

  /** Forgets a workload; harmless when absent. */
  void forget(String workload);

  @Override
  void close();
}
