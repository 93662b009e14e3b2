package dev.spillway.dispatch.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.api.BatchApiException;
import dev.spillway.batch.api.BatchOperations;
import dev.spillway.batch.execution.AttemptId;
import java.util.function.Predicate;

/** Whether an attempt is under way, by the engine's own account. */
final class LivingAttempts implements Predicate<AttemptId> {
  private final BatchOperations batch;

  LivingAttempts(BatchOperations batch) {
    this.batch = batch;
  }

  @Override
  public boolean test(AttemptId attempt) {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.putArray("jobs").add(attempt.jobId());
    JsonNode job;
    try {
      job = batch.call("describejobs", request).path("jobs").path(0);
    } catch (BatchApiException _) {
      return false;
    }
    String status = job.path("status").asText();
    int ended = 0;
    for (JsonNode known : job.path("attempts")) {
      ended += known.path("stoppedAt").asLong() > 0 ? 1 : 0;
    }
    return (status.equals("STARTING") || status.equals("RUNNING")) && attempt.number() == ended + 1;
  }
}
