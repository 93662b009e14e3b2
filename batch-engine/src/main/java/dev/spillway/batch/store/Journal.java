package dev.spillway.batch.store;

import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The engine's store, for one account and region.
 *
 * <p>{@link #commit} has one caller, the engine's thread; reads come from any thread and see what
 * is committed. <br>
 * Errors: {@link JournalException}; after one from {@link #commit} nobody knows what is on disk, so
 * the engine ends.
 */
public interface Journal extends AutoCloseable {

  /** Ended jobs that one commit forgets at most: a bite, so that nobody waits for it. */
  int PRUNE_BITE = 2_000;

  /** What lives; read once, before the first commit. */
  Loaded load();

  /** Writes all of a step or nothing; on disk when it returns. */
  void commit(Step step);

  /** Jobs by id, ended or not; unknown ids, and children without a record, are left out. */
  List<Job> find(Collection<String> jobIds);

  /** What readers and runners need of jobs, by id; a child has its parent's. */
  Map<String, JobDetail> details(Collection<String> jobIds);

  /** Jobs, newest first. */
  List<Job> list(JobListing listing);

  /** The job that a key stands for. */
  Optional<KeyedJob> byIdempotencyKey(String key);

  /**
   * Lines of the outbox in their order, from the one that stands for the event behind {@code
   * sequence} on.
   */
  List<OutboxEvent> eventsAfter(long sequence, int limit);

  /** What the ended attempts of a job cost, in their order. */
  List<Charge> charges(String jobId);

  /** What was paid for, by day and place. */
  List<LedgerDay> ledger();

  @Override
  void close();

  /** A job that was submitted under an idempotency key. */
  record KeyedJob(String jobId, String jobName, String requestHash) {}
}
