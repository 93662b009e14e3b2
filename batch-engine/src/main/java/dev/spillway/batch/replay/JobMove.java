package dev.spillway.batch.replay;

import java.time.Instant;
import java.util.Optional;

/** What became of a job of a {@link VirtualBatch}; to the millisecond. */
public sealed interface JobMove {
  /** As it was submitted under. */
  String jobId();

  /** When. */
  Instant at();

  /** It has a place: it holds its vCPUs from now on, and its container is being made. */
  record Starting(String jobId, Instant at) implements JobMove {}

  /** Its container is up. */
  record Running(String jobId, Instant at) implements JobMove {}

  /**
   * It has ended, and holds nothing.
   *
   * @param failure its statusReason; empty when it succeeded
   */
  record Ended(String jobId, Instant at, Optional<String> failure) implements JobMove {}
}
