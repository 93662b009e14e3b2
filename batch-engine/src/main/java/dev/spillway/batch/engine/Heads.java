package dev.spillway.batch.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Since when which job stands at the head of each queue that is blocked. One that has stood there
 * for too long has aged: nothing passes it any more. Held by one thread; a restart begins anew.
 */
final class Heads {
  private final Duration agesAfter;
  private final Map<String, Head> heads = new HashMap<>();

  private record Head(String jobId, Instant since, boolean seenAged) {}

  Heads(Duration agesAfter) {
    this.agesAfter = agesAfter;
  }

  /** The heads that a pass left, by queue. */
  void stand(Map<String, Step.Waiting> left, Instant now) {
    heads.keySet().retainAll(left.keySet());
    left.forEach(
        (queue, head) -> {
          Head was = heads.get(queue);
          Instant since = was != null && was.jobId().equals(head.jobId()) ? was.since() : now;
          heads.put(queue, new Head(head.jobId(), since, aged(since, now)));
        });
  }

  /** Jobs that have aged, by queue. */
  Map<String, String> aged(Instant now) {
    Map<String, String> aged = new HashMap<>();
    heads.forEach(
        (queue, head) -> {
          if (aged(head.since(), now)) {
            aged.put(queue, head.jobId());
          }
        });
    return aged;
  }

  /** True when one has aged since the last pass. */
  boolean due(Instant now) {
    return heads.values().stream().anyMatch(h -> !h.seenAged() && aged(h.since(), now));
  }

  Optional<Instant> nextDeadline() {
    return heads.values().stream()
        .filter(h -> !h.seenAged())
        .map(h -> h.since().plus(agesAfter))
        .min(Instant::compareTo);
  }

  private boolean aged(Instant since, Instant now) {
    return !since.plus(agesAfter).isAfter(now);
  }
}
