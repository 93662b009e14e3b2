package dev.spillway.batch.store;

import dev.spillway.batch.job.JobStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * Which jobs to list, and from where on. Order: {@code createdAt} descending, then id.
 *
 * @param name compared without letter case; a {@code *} at its end means "begins with"
 * @param after continue behind this one
 */
public record JobListing(
    String jobQueue,
    Optional<JobStatus> status,
    Optional<String> name,
    Optional<Cursor> after,
    int limit) {

  /** The last job of the page before. */
  public record Cursor(Instant createdAt, String jobId) {}
}
