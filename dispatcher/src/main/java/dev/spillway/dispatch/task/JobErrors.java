package dev.spillway.dispatch.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.fallback.Failure;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a job that failed said of it: a function's two words, {@code {"errorType", "errorMessage"}},
 * as the object {@code SPILLWAY_ERROR_S3}. A job need not write it; then its exit code and reasons
 * are all that is known.
 */
final class JobErrors {
  private static final Logger LOG = LoggerFactory.getLogger(JobErrors.class);
  private static final long MOST_BYTES = 64 * 1024;

  private final ObjectStore objects;
  private final String bucket;

  JobErrors(ObjectStore objects, String bucket) {
    this.objects = objects;
    this.bucket = bucket;
  }

  /** Where the job of a hop leaves its error. */
  static ObjectStore.Location location(String bucket, String taskId, int hop) {
    return new ObjectStore.Location(bucket, Places.folder(taskId) + "hop-" + hop + "/error.json");
  }

  /** A failed job's failure. One without an exit code was not ended by its own code. */
  Failure failure(String taskId, int hop, BatchGateway.Job job) {
    Failure seen = Failure.ofJob(job.exitCode(), job.statusReason(), job.containerReason());
    return job.exitCode().isEmpty()
        ? seen
        : said(taskId, hop)
            .map(
                error ->
                    seen.saying(
                        error.path("errorType").asText(),
                        error.path("errorMessage").asText("the job gave no message")))
            .orElse(seen);
  }

  private Optional<JsonNode> said(String taskId, int hop) {
    ObjectStore.Location location = location(bucket, taskId, hop);
    try {
      return objects
          .size(location)
          .filter(bytes -> bytes <= MOST_BYTES)
          .flatMap(_ -> objects.get(location))
          .flatMap(JobErrors::read);
    } catch (RuntimeException e) {
      // The job has failed all the same, and its exit code is known.
      LOG.warn("task={} hop={}: what it said of its failure cannot be read", taskId, hop, e);
      return Optional.empty();
    }
  }

  private static Optional<JsonNode> read(byte[] bytes) {
    try {
      return Optional.of(DocumentReader.JSON.readTree(bytes))
          .filter(error -> error.path("errorType").isTextual());
    } catch (IOException notJson) {
      return Optional.empty();
    }
  }
}
