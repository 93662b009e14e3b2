package dev.spillway.batch.store;

import dev.spillway.batch.job.JobStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * Which jobs to list, and from where on: single jobs and parents of arrays. Order: {@code
 * createdAt} descending, then id.
 *
 * @param after continue behind this one
 */
public record JobListing(
    Scope scope,
    Optional<JobStatus> status,
    Optional<Filter> filter,
    Optional<Cursor> after,
    int limit) {

  /** The jobs that are looked at. */
  public sealed interface Scope {}

  public record OfQueue(String jobQueue) implements Scope {}

  /** Those that need a consumable resource. */
  public record OfConsumableResource(String name) implements Scope {}

  /** What they are sorted out by. Source: ListJobs, filters. */
  public sealed interface Filter {}

  /** Compared without letter case; a {@code *} at its end means "begins with". */
  public record JobName(String pattern) implements Filter {}

  /** An ARN with its revision, or the beginning of one. */
  public record JobDefinition(String arn, boolean prefix) implements Filter {}

  public record CreatedBefore(Instant at) implements Filter {}

  public record CreatedAfter(Instant at) implements Filter {}

  public record ShareIdentifier(String identifier) implements Filter {}

  /** The last job of the page before. */
  public record Cursor(Instant createdAt, String jobId) {}
}
