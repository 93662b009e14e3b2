package dev.spillway.batch.engine;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one batch of commands came to.
 *
 * @param outcomes one for each command, in their order
 * @param changes the outbox: one line for each move of a job
 * @param counters as they are after this step
 * @param waiting for each queue with a blocked head: that job and why
 * @param pruneEndedBefore forget some jobs that ended before this, when it is time for it
 */
public record Step(
    List<Event> events,
    List<JobStateChange> changes,
    Counters counters,
    List<Outcome> outcomes,
    List<Effect> effects,
    Map<String, Waiting> waiting,
    Optional<Instant> pruneEndedBefore) {

  /**
   * Numbers that go on over a restart.
   *
   * @param outbox sequence of the last line
   * @param order place of the last job submitted
   */
  public record Counters(long outbox, long order) {}

  /** The job at the head of a queue, and what it waits for. */
  public record Waiting(String jobId, String reason) {}

  /** True when something has to be written. */
  public boolean writes() {
    return !events.isEmpty() || !changes.isEmpty() || pruneEndedBefore.isPresent();
  }
}
