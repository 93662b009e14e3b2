package dev.spillway.batch.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How long the head of a queue may be blocked for a reason before it is cancelled.
 *
 * <p>Units: seconds on the wire. <br>
 * Source: API JobStateTimeLimitAction; the clock counts at the head of the queue, with that reason.
 */
record TimeLimits(List<Limit> limits) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** {@code code}: what a status reason begins with. */
  record Limit(String code, Duration most) {}

  static TimeLimits of(JobQueue queue) {
    List<Limit> limits = new ArrayList<>();
    for (JsonNode action : read(queue).path("jobStateTimeLimitActions")) {
      limits.add(
          new Limit(
              action.get("reason").textValue().split(" ", 2)[0],
              Duration.ofSeconds(action.get("maxTimeSeconds").longValue())));
    }
    return new TimeLimits(List.copyOf(limits));
  }

  private static JsonNode read(JobQueue queue) {
    try {
      return JSON.readTree(queue.detail());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "job queue " + queue.name() + " holds JSON that cannot be read", e);
    }
  }

  /** When that head is cancelled; empty when nothing limits it. */
  Optional<Instant> end(Step.Waiting head) {
    return head.statusReason()
        .flatMap(
            reason ->
                limits.stream()
                    .filter(l -> reason.startsWith(l.code()))
                    .findFirst()
                    .map(l -> head.since().plus(l.most())));
  }

  /** What a job's status reason says that was cancelled so. */
  static String reason(Step.Waiting head) {
    return "Canceled by JobStateTimeLimit action due to reason: "
        + head.statusReason().orElseThrow();
  }
}
