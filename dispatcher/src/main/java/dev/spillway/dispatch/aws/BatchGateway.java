package dev.spillway.dispatch.aws;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Port to Batch: embedded engine here, AWS Batch there. Ends come to the listener. */
public interface BatchGateway {

  /**
   * One hop to start.
   *
   * @param hopKey {@code taskId/hop}; travels as the tag {@code spillway:idempotency-key}, so a
   *     second start finds the first job
   * @param timeoutSeconds attempt limit; empty leaves the definition's
   */
  record Start(
      String hopKey,
      String jobName,
      String jobQueue,
      String jobDefinition,
      Map<String, String> parameters,
      Map<String, String> environment,
      OptionalInt vcpus,
      OptionalInt memoryMib,
      OptionalInt timeoutSeconds,
      List<String> command,
      Map<String, String> tags) {}

  /**
   * A job definition for an image that a task brings itself.
   *
   * @param name deterministic: the same shape has the same name
   */
  record Definition(
      String name, String image, List<String> command, double vcpus, long memoryMib, int gpus) {}

  /** What is seen of a job. */
  record Job(
      String jobId,
      String status,
      Optional<String> statusReason,
      OptionalInt exitCode,
      Optional<String> containerReason,
      List<JobAttempt> attempts) {}

  /** One attempt; times are epoch milliseconds, 0 when absent. */
  record JobAttempt(
      long startedAtMillis,
      long stoppedAtMillis,
      OptionalInt exitCode,
      Optional<String> reason,
      Optional<String> statusReason,
      Optional<String> logStreamName) {}

  /** Job id whose state changed; the receiver looks it up. */
  void listen(Consumer<String> changedJobId);

  /**
   * Submits, or finds what was submitted under the same key.
   *
   * @return job id
   * @throws RefusedException the API's refusal; the message is Batch's
   */
  String start(Start start);

  void cancel(String jobId, String reason);

  /**
   * Registers a definition unless an active one of this name is there.
   *
   * @return {@code name:revision}
   * @throws RefusedException the API's refusal
   */
  String define(Definition definition);

  /** The newest active revision, {@code name:revision}; empty when there is none. */
  Optional<String> activeRevision(String jobDefinition);

  Optional<Job> lookup(String jobId);

  /** A refusal by the Batch API. */
  final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
      super(message);
    }
  }
}
