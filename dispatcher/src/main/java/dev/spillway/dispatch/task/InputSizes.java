package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.routing.Workload;
import java.util.Optional;

/** Finds out how much a task's work is done on, in bytes. */
final class InputSizes {
  /** A smaller payload names the work; a larger one is it. */
  private static final long DATA_ITSELF = 4096;

  private static final long UNKNOWN = -1;

  private final ObjectStore objects;

  InputSizes(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * What the workload's {@code inputSize} points at in the payload, a number of bytes or an object;
   * without one, a payload that is large enough to be the data itself.
   *
   * @return negative when nobody knows
   */
  long of(TaskDocument document, Workload workload, long payloadBytes) {
    if (workload.inputSize().isPresent() && document.payloadS3Uri().isEmpty()) {
      JsonNode named = Parameters.at(document.payload(), workload.inputSize().get());
      if (named.canConvertToLong() && named.isIntegralNumber()) {
        return named.longValue() < 0 ? UNKNOWN : named.longValue();
      }
      if (named.isTextual() && PayloadRules.isS3Uri(named.textValue())) {
        return measured(PayloadRules.location(named.textValue()));
      }
      return UNKNOWN;
    }
    return payloadBytes > DATA_ITSELF ? payloadBytes : UNKNOWN;
  }

  /** A store that does not answer costs the forecast a figure, not the user the submit. */
  private long measured(ObjectStore.Location location) {
    try {
      Optional<Long> size = objects.size(location);
      return size.orElse(UNKNOWN);
    } catch (RuntimeException _) {
      return UNKNOWN;
    }
  }
}
