package dev.spillway.batch.engine;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one batch of commands came to.
 *
 * @param outcomes one for each command, in their order
 * @param outbox what others are told
 * @param counters as they are after this step
 * @param waiting for each queue with a blocked head: that job and why
 * @param consumablesInUse what jobs hold of each consumable resource, where it is not nothing
 * @param pruneEndedBefore forget some jobs that ended before this, when it is time for it
 */
public record Step(
    List<Event> events,
    List<OutboxEvent> outbox,
    Counters counters,
    List<Outcome> outcomes,
    List<Effect> effects,
    Map<String, Waiting> waiting,
    Map<String, Long> consumablesInUse,
    Optional<Instant> pruneEndedBefore) {

  /**
   * Numbers that go on over a restart.
   *
   * @param outbox sequence of the last line
   * @param order place of the last job submitted
   */
  public record Counters(long outbox, long order) {}

  /**
   * The job at the head of a queue, and what it waits for.
   *
   * @param reason in our words, with the amounts
   * @param statusReason in AWS's words, where AWS has some
   * @param since when it was first found so
   */
  public record Waiting(
      String jobId, String reason, Optional<String> statusReason, Instant since) {}

  /** True when something has to be written. */
  public boolean writes() {
    return !events.isEmpty() || !outbox.isEmpty() || pruneEndedBefore.isPresent();
  }
}
