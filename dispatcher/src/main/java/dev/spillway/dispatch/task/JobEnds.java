package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads what a job's description says about its hop. */
final class JobEnds {
  private JobEnds() {}

  /**
   * What happened to the hop.
   *
   * @param failure asked only for a job that failed
   */
  static JourneyEvent event(int hop, BatchGateway.Job job, Supplier<Failure> failure) {
    List<Hop.Attempt> attempts = job.attempts().stream().map(JobEnds::attempt).toList();
    return switch (job.status()) {
      case "SUCCEEDED" -> new JourneyEvent.HopSucceeded(hop, attempts);
      case "FAILED" -> new JourneyEvent.HopFailed(hop, failure.get(), attempts);
      case "STARTING" ->
          new JourneyEvent.HopMoved(hop, JourneyEvent.Phase.STARTING, Optional.empty());
      case "RUNNING" ->
          new JourneyEvent.HopMoved(hop, JourneyEvent.Phase.RUNNING, Optional.empty());
      default -> new JourneyEvent.HopMoved(hop, JourneyEvent.Phase.QUEUED, job.statusReason());
    };
  }

  private static Hop.Attempt attempt(BatchGateway.JobAttempt attempt) {
    return new Hop.Attempt(
        instant(attempt.startedAtMillis()),
        instant(attempt.stoppedAtMillis()),
        attempt.exitCode(),
        attempt.reason(),
        attempt.statusReason(),
        attempt.logStreamName());
  }

  private static Optional<Instant> instant(long millis) {
    return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }
}
