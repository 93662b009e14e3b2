package dev.spillway.dispatch.aws;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Port to Batch: embedded engine here, AWS Batch there.
 *
 * <p>Shape: asynchronous. A start returns at once; what came of it, and every later change of a
 * followed job, is told to the listener, at least once and in no promised order. Jobs are found
 * again by their hop's key, so nothing is kept over a restart. <br>
 * Errors: of {@link #start} they are events; {@link #define} and {@link #activeRevision} answer a
 * caller who waits, and throw. <br>
 * Source: AWS Batch API 2016-08-10, SubmitJob, ListJobs, DescribeJobs, TerminateJob.
 */
public interface BatchGateway extends AutoCloseable {

  /**
   * One hop to start.
   *
   * @param hopKey {@code taskId/hop}, or that of a pack of hops, which has no slash; travels as the
   *     tag {@code spillway:idempotency-key}, which our engine honours
   * @param jobName follows from the hop's key, so that a place which does not know the tag finds
   *     the job by it
   * @param timeoutSeconds attempt limit; empty leaves the definition's
   * @param again an earlier process or an earlier try may have sent it: it is looked for first
   * @param arraySize children of the array job, from 2 to 10,000; empty for a single job
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
      Map<String, String> tags,
      Share share,
      boolean again,
      OptionalInt arraySize) {

    /** A single job. */
    public Start(
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
        Map<String, String> tags,
        Share share,
        boolean again) {
      this(
          hopKey,
          jobName,
          jobQueue,
          jobDefinition,
          parameters,
          environment,
          vcpus,
          memoryMib,
          timeoutSeconds,
          command,
          tags,
          share,
          again,
          OptionalInt.empty());
    }

    /** The same job under another key and name. */
    public Start keyed(String key, String name) {
      return new Start(
          key,
          name,
          jobQueue,
          jobDefinition,
          parameters,
          environment,
          vcpus,
          memoryMib,
          timeoutSeconds,
          command,
          tags,
          share,
          again,
          arraySize);
    }

    /** An array of such jobs. */
    public Start array(String key, String name, Map<String, String> variables, int size) {
      return new Start(
          key,
          name,
          jobQueue,
          jobDefinition,
          parameters,
          variables,
          vcpus,
          memoryMib,
          timeoutSeconds,
          command,
          tags,
          share,
          again,
          OptionalInt.of(size));
    }
  }

  /**
   * Where a job stands in a fair-share queue; Batch refuses it in another.
   *
   * @param schedulingPriority within its share, 0 to 9999; a higher one goes first
   */
  record Share(Optional<String> shareIdentifier, OptionalInt schedulingPriority) {
    /** For queues without a scheduling policy. */
    public static final Share NONE = new Share(Optional.empty(), OptionalInt.empty());
  }

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
      List<JobAttempt> attempts) {

    /** True when nothing about it will change any more. */
    public boolean ended() {
      return status.equals("SUCCEEDED") || status.equals("FAILED");
    }
  }

  /** One attempt; times are epoch milliseconds, 0 when absent. */
  record JobAttempt(
      long startedAtMillis,
      long stoppedAtMillis,
      OptionalInt exitCode,
      Optional<String> reason,
      Optional<String> statusReason,
      Optional<String> logStreamName) {}

  /** What the listener is told. */
  sealed interface Event {

    /** The hop is this job, now or since an earlier start under its key. */
    record Sent(String hopKey, String jobId) implements Event {}

    /** The hop is no job: refused (4xx), not reached or not let through (5xx). */
    record NotSent(String hopKey, int status, String errorType, String message) implements Event {}

    /** No job has this key and none will: it was looked for, or taken back before it was sent. */
    record Absent(String hopKey) implements Event {}

    /** A job moved; {@link BatchGateway#follow} tells how. */
    record Changed(String jobId) implements Event {}

    /** A followed job, as it is. */
    record Seen(Job job) implements Event {}

    /** A followed job is not known any more. */
    record Gone(String jobId) implements Event {}
  }

  /** Takes the one listener; it must return soon, for it is called by whoever brings the news. */
  void listen(Consumer<Event> listener);

  /** Sends a hop, or finds the job that it is; ends in {@code Sent} or {@code NotSent}. */
  void start(Start start);

  /**
   * Looks for the job of a hop without sending it; ends in {@code Sent} or {@code Absent}. While
   * the place cannot be asked it goes on trying.
   */
  void lookup(Start start);

  /**
   * Looks for a job as a start that may have been sent before does, but sends nothing; ends in
   * {@code Sent}, {@code Absent}, or {@code NotSent} while the place cannot be asked.
   */
  void find(Start start);

  /** Tells how the job is, changed or not, and from then on what it becomes, until it has ended. */
  void follow(String jobId);

  /**
   * Stops a job. Without its id, takes back a start that still waits to be sent ({@code Absent}
   * follows); one that was sent becomes known by {@code Sent}, and can be stopped then. Harmless
   * when it has ended.
   */
  void cancel(String hopKey, Optional<String> jobId, String reason);

  /**
   * Registers a definition unless an active one of this name is there.
   *
   * @return {@code name:revision}
   * @throws RefusedException the API's refusal
   * @throws UnavailableException when it does not answer
   */
  String define(Definition definition);

  /**
   * The newest active revision, {@code name:revision}; empty when there is none.
   *
   * @throws UnavailableException when Batch does not answer
   */
  Optional<String> activeRevision(String jobDefinition);

  /** Stops listening and looking; jobs go on. */
  @Override
  void close();

  /** A refusal by the Batch API. */
  final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
      super(message);
    }
  }

  /** Batch does not answer, or is overrun: later it may. */
  final class UnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnavailableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
