package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.QueueState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.ComputeEnvironmentDetail;
import software.amazon.awssdk.services.batch.model.JobStatus;
import software.amazon.awssdk.services.batch.model.JobSummary;
import software.amazon.awssdk.services.batch.model.ListJobsRequest;
import software.amazon.awssdk.services.batch.model.ListJobsResponse;

/**
 * How busy the queues of AWS Batch are. A list of jobs does not say what they ask for, so each
 * counts as one vCPU; and it is read no further than {@value #MOST_PAGES} pages.
 *
 * <p>Errors: the SDK's. <br>
 * Source: AWS Batch API 2016-08-10, DescribeJobQueues, DescribeComputeEnvironments, ListJobs.
 */
public final class SdkQueueLoads {
  private static final int MOST_PAGES = 10;

  private final BatchClient batch;
  private final Supplier<List<BatchQueue>> queues;
  private final InstantSource clock;

  /**
   * Over a client.
   *
   * @param queues that tasks may be sent to
   */
  public SdkQueueLoads(BatchClient batch, Supplier<List<BatchQueue>> queues, InstantSource clock) {
    this.batch = batch;
    this.queues = queues;
    this.clock = clock;
  }

  /** Asks for each queue. */
  public Map<String, Load> look() {
    Map<String, Load> loads = new HashMap<>();
    for (BatchQueue queue : queues.get()) {
      loads.put(queue.name(), state(queue).load());
    }
    return loads;
  }

  private QueueState state(BatchQueue queue) {
    List<JobSummary> running = jobs(queue, JobStatus.RUNNING, MOST_PAGES);
    long used = running.size() + (long) jobs(queue, JobStatus.STARTING, MOST_PAGES).size();
    long waiting = jobs(queue, JobStatus.RUNNABLE, MOST_PAGES).size();
    return new QueueState(
        queue.maxVcpus(),
        desiredVcpus(queue),
        used,
        waiting,
        waiting,
        endedSeconds(queue),
        agesSeconds(running));
  }

  private List<JobSummary> jobs(BatchQueue queue, JobStatus status, int pages) {
    List<JobSummary> jobs = new ArrayList<>();
    String token = null;
    for (int page = 0; page < pages; page++) {
      ListJobsResponse answer =
          batch.listJobs(
              ListJobsRequest.builder()
                  .jobQueue(queue.name())
                  .jobStatus(status)
                  .nextToken(token)
                  .build());
      jobs.addAll(answer.jobSummaryList());
      token = answer.nextToken();
      if (token == null) {
        break;
      }
    }
    return jobs;
  }

  private OptionalDouble endedSeconds(BatchQueue queue) {
    return jobs(queue, JobStatus.SUCCEEDED, 1).stream()
        .filter(job -> job.startedAt() != null && job.stoppedAt() != null)
        .mapToDouble(job -> Math.max(0, job.stoppedAt() - job.startedAt()) / 1000.0)
        .average();
  }

  private OptionalDouble agesSeconds(List<JobSummary> running) {
    Instant now = clock.instant();
    return running.stream()
        .filter(job -> job.startedAt() != null)
        .mapToDouble(job -> Math.max(0, now.toEpochMilli() - job.startedAt()) / 1000.0)
        .average();
  }

  /** What Batch has running, or has asked for, in the queue's first environment. */
  private double desiredVcpus(BatchQueue queue) {
    return batch.describeJobQueues(r -> r.jobQueues(queue.name())).jobQueues().stream()
        .flatMap(q -> q.computeEnvironmentOrder().stream().limit(1))
        .flatMap(
            first ->
                batch
                    .describeComputeEnvironments(
                        r -> r.computeEnvironments(first.computeEnvironment()))
                    .computeEnvironments()
                    .stream())
        .map(ComputeEnvironmentDetail::computeResources)
        .filter(resources -> resources != null && resources.desiredvCpus() != null)
        .mapToDouble(resources -> resources.desiredvCpus())
        .sum();
  }
}
