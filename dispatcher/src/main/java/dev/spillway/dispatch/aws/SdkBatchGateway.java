package dev.spillway.dispatch.aws;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.DescribeJobDefinitionsRequest;
import software.amazon.awssdk.services.batch.model.JobDefinition;
import software.amazon.awssdk.services.batch.model.JobSummary;
import software.amazon.awssdk.services.batch.model.KeyValuesPair;
import software.amazon.awssdk.services.batch.model.ListJobsRequest;
import software.amazon.awssdk.services.batch.model.RegisterJobDefinitionResponse;

/**
 * Jobs of AWS Batch.
 *
 * <p>SubmitJob is not idempotent there. So a submit is sent once; a start that may have been sent
 * before, and one whose answer did not come, is looked for by its job name, which follows from the
 * hop's key. Changes come from a poller, sooner where somebody hands over EventBridge's events.
 * <br>
 * Source: AWS Batch API 2016-08-10; AWS Batch User Guide, "AWS Batch events".
 */
public final class SdkBatchGateway implements BatchGateway {
  private static final Logger LOG = LoggerFactory.getLogger(SdkBatchGateway.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STATE_CHANGE = "Batch Job State Change";

  private final BatchClient batch;
  private final JobPoller poller;
  private final Backoff aFewTimes;
  private final Backoff untilAnswered;
  private volatile Consumer<Event> listener = _ -> {};
  private volatile boolean closed;

  /**
   * The waits of it.
   *
   * @param poll between two looks at live jobs
   * @param goneAfter how long a job that was known is missing before it counts as gone
   * @param firstRetry before the first repetition of a harmless call; each next wait is twice as
   *     long, a minute at most
   */
  public record Waits(Duration poll, Duration goneAfter, Duration firstRetry) {}

  /** Over a client that repeats nothing by itself. */
  public SdkBatchGateway(BatchClient batch, Waits waits, InstantSource clock) {
    this.batch = batch;
    this.aFewTimes = new Backoff(waits.firstRetry(), Duration.ofSeconds(5), 4);
    this.untilAnswered = new Backoff(waits.firstRetry(), Duration.ofMinutes(1), Integer.MAX_VALUE);
    this.poller =
        new JobPoller(
            this::describe,
            event -> listener.accept(event),
            waits.poll(),
            waits.goneAfter(),
            clock);
  }

  @Override
  public void listen(Consumer<Event> told) {
    listener = told;
  }

  @Override
  public void start(Start start) {
    apart("submit", start.hopKey(), () -> listener.accept(submitted(start)));
  }

  /** A thread for each call: it costs next to nothing while it waits for an answer. */
  private static void apart(String verb, String hopKey, Runnable call) {
    Thread.ofVirtual().name(verb + "-" + hopKey).start(call);
  }

  private Event submitted(Start start) {
    return outcome(
        start,
        () -> {
          Optional<Event> before = start.again() ? found(start, aFewTimes) : Optional.empty();
          return before.isPresent() ? before.get() : submit(start);
        });
  }

  private static Event outcome(Start start, Supplier<Event> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      SdkFailure failure = SdkFailure.of(e);
      return new Event.NotSent(
          start.hopKey(), failure.status(), failure.errorType(), failure.message());
    } catch (RuntimeException e) {
      // Whatever it is, a hop without an outcome would never be taken up again.
      return new Event.NotSent(start.hopKey(), 503, "ServiceException", e.toString());
    }
  }

  private Event submit(Start start) {
    try {
      return new Event.Sent(start.hopKey(), batch.submitJob(SdkJobs.submit(start)).jobId());
    } catch (SdkException e) {
      if (!SdkFailure.of(e).unclear()) {
        throw e;
      }
      LOG.warn(
          "hop={}: whether its job was submitted is not clear: {}", start.hopKey(), e.toString());
      try {
        return found(start, aFewTimes).orElseThrow(() -> e);
      } catch (SdkException unanswered) {
        // The next start of this key looks for it again.
        throw e;
      }
    }
  }

  private Optional<Event> found(Start start, Backoff backoff) {
    ListJobsRequest request =
        ListJobsRequest.builder()
            .jobQueue(start.jobQueue())
            .filters(KeyValuesPair.builder().name("JOB_NAME").values(start.jobName()).build())
            .build();
    return backoff.call(
        () ->
            batch.listJobsPaginator(request).jobSummaryList().stream()
                // The filter takes upper and lower case for the same.
                .filter(job -> job.jobName().equals(start.jobName()))
                .min(Comparator.comparing(JobSummary::createdAt))
                .map(job -> new Event.Sent(start.hopKey(), job.jobId())),
        _ -> !closed);
  }

  @Override
  public void lookup(Start start) {
    apart(
        "lookup",
        start.hopKey(),
        () -> {
          try {
            listener.accept(found(start, untilAnswered).orElse(new Event.Absent(start.hopKey())));
          } catch (SdkException e) {
            // Refused, or closed: it stays unknown until the next start of the server.
            LOG.warn("hop={}: its job could not be looked for: {}", start.hopKey(), e.toString());
          }
        });
  }

  @Override
  public void find(Start start) {
    apart(
        "find",
        start.hopKey(),
        () ->
            listener.accept(
                outcome(
                    start,
                    () -> found(start, aFewTimes).orElse(new Event.Absent(start.hopKey())))));
  }

  @Override
  public void follow(String jobId) {
    poller.follow(jobId);
  }

  private List<Job> describe(List<String> jobIds) {
    return batch.describeJobs(d -> d.jobs(jobIds)).jobs().stream().map(SdkJobs::job).toList();
  }

  /**
   * Takes an event of EventBridge; at least once and in any order is fine.
   *
   * @param event the envelope, as it is delivered
   * @return false for an event of another kind, which changes nothing
   * @throws IllegalArgumentException when it is no JSON
   */
  public boolean receive(byte[] event) {
    JsonNode envelope;
    try {
      envelope = JSON.readTree(event);
    } catch (IOException e) {
      throw new IllegalArgumentException("The event is no JSON: " + e.getMessage(), e);
    }
    boolean ours =
        envelope.path("source").asText().equals("aws.batch")
            && envelope.path("detail-type").asText().equals(STATE_CHANGE)
            && envelope.path("detail").hasNonNull("jobId");
    if (ours) {
      listener.accept(new Event.Seen(BatchJson.job(envelope.path("detail"))));
    }
    return ours;
  }

  @Override
  public void cancel(String hopKey, Optional<String> jobId, String reason) {
    jobId.ifPresent(
        id ->
            apart(
                "terminate",
                hopKey,
                () -> {
                  try {
                    aFewTimes.call(() -> batch.terminateJob(t -> t.jobId(id).reason(reason)));
                  } catch (SdkException e) {
                    // Seen to live, it is stopped again.
                    LOG.warn("job={} could not be stopped: {}", id, e.toString());
                  }
                }));
  }

  @Override
  public String define(Definition definition) {
    Optional<String> there = activeRevision(definition.name());
    if (there.isPresent()) {
      return there.get();
    }
    RegisterJobDefinitionResponse answer =
        asked(() -> batch.registerJobDefinition(SdkJobs.register(definition)));
    return answer.jobDefinitionName() + ":" + answer.revision();
  }

  @Override
  public Optional<String> activeRevision(String jobDefinition) {
    DescribeJobDefinitionsRequest request =
        DescribeJobDefinitionsRequest.builder()
            .jobDefinitionName(jobDefinition)
            .status("ACTIVE")
            .build();
    return asked(
            () ->
                batch.describeJobDefinitionsPaginator(request).jobDefinitions().stream()
                    .max(Comparator.comparing(JobDefinition::revision)))
        .map(newest -> newest.jobDefinitionName() + ":" + newest.revision());
  }

  /** For a caller who waits; both calls are harmless to repeat. */
  private <T> T asked(Supplier<T> call) {
    try {
      return aFewTimes.call(call);
    } catch (SdkException e) {
      SdkFailure failure = SdkFailure.of(e);
      if (failure.unclear() || failure.status() == 429) {
        throw new UnavailableException(
            "Batch does not answer as it should: " + failure.message(), e);
      }
      throw new RefusedException(failure.message());
    }
  }

  @Override
  public void close() {
    closed = true;
    poller.close();
  }
}
