package dev.spillway.lambda.async;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Port: keeps events until their end. A change is on disk when its method returns. */
public interface EventStore {

  /** How much there is. */
  record Size(long events, long bytes) {}

  /**
   * Events that are due, the longest due first.
   *
   * @param ended whether those that only have destinations to tell, or those to be invoked
   * @param but sequence numbers that are in hand already
   * @param butOf functions that can take none now
   */
  List<QueuedEvent> due(Instant now, boolean ended, int most, Set<Long> but, Set<String> butOf);

  /** When the next one that is not due yet will be. */
  Optional<Instant> nextAfter(Instant now);

  Size size();

  void add(QueuedEvent event);

  /** To be invoked again. */
  void requeue(long seq, Instant dueAt, int attempts, int requeues);

  /** It has ended; its destinations are to be told from now on. */
  void end(long seq, Ending ending, Instant dueAt);

  /** Telling failed; once more later. {@code tries} counts in the place of requeues. */
  void tellLater(long seq, Instant dueAt, int tries);

  /** One destination has it; {@code handedOn} becomes an event of its own in the same commit. */
  void told(long seq, Ending rest, Optional<QueuedEvent> handedOn);

  void remove(long seq);
}
