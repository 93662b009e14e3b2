package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Waits for the end of a task by long polls. */
final class Waiting {
  private static final Duration POLL = Duration.ofSeconds(20);

  private final TaskApi api;
  private final Optional<Instant> until;

  Waiting(TaskApi api, Optional<Duration> limit) {
    this.api = api;
    this.until = limit.map(Instant.now()::plus);
  }

  /** The task when it has ended; exit code 6 when the limit came first. */
  JsonNode end(String taskId) {
    while (true) {
      Duration poll =
          until
              .map(end -> Duration.between(Instant.now(), end))
              .filter(left -> left.compareTo(POLL) < 0)
              .orElse(POLL);
      if (poll.isNegative() || poll.isZero()) {
        throw new CommandFailure(
            CommandFailure.TIMED_OUT, "Task " + taskId + " had not ended when --timeout ran out.");
      }
      JsonNode task = api.get("/tasks/" + TaskApi.encoded(taskId) + "?wait=" + seconds(poll));
      if (new TaskView(task).ended()) {
        return task;
      }
    }
  }

  private static String seconds(Duration duration) {
    return "PT" + Math.max(1, duration.toSeconds()) + "S";
  }
}
