package dev.spillway.dispatch.aws;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.batch.BatchClient;
import software.amazon.awssdk.services.batch.model.JobQueueDetail;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Compares what a template says with what AWS has, before any task is sent there.
 *
 * <p>Errors: none is thrown; each fault is a sentence that names the thing and the way out. A
 * denied call is told in AWS's words, which name the IAM action.
 */
public final class SdkStackCheck {
  private static final int QUEUES_AT_ONCE = 100;

  private final LambdaClient lambda;
  private final BatchClient batch;
  private final S3Client s3;
  private final BatchGateway gateway;

  /** Over the services; {@code gateway} tells of job definitions. */
  public SdkStackCheck(LambdaClient lambda, BatchClient batch, S3Client s3, BatchGateway gateway) {
    this.lambda = lambda;
    this.batch = batch;
    this.s3 = s3;
    this.gateway = gateway;
  }

  /** What the dispatcher will use, by name. */
  public record Wanted(
      List<String> functions, List<String> jobQueues, List<String> jobDefinitions, String bucket) {}

  /** Every fault found, in the order of the wanted, each once; empty when all is there. */
  public List<String> faults(Wanted wanted) {
    List<Supplier<List<String>>> checks = new ArrayList<>();
    wanted.functions().forEach(name -> checks.add(() -> one(function(name))));
    for (int from = 0; from < wanted.jobQueues().size(); from += QUEUES_AT_ONCE) {
      List<String> some =
          wanted
              .jobQueues()
              .subList(from, Math.min(wanted.jobQueues().size(), from + QUEUES_AT_ONCE));
      checks.add(() -> queues(some));
    }
    wanted.jobDefinitions().forEach(name -> checks.add(() -> one(definition(name))));
    checks.add(() -> one(bucket(wanted.bucket())));
    return together(checks);
  }

  /** Waiting, all of it; Lambda allows 15 such calls a second, and the SDK waits when told to. */
  private static List<String> together(List<Supplier<List<String>>> checks) {
    Map<Integer, List<String>> found = new ConcurrentHashMap<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < checks.size(); i++) {
        int number = i;
        threads.execute(() -> found.put(number, checks.get(number).get()));
      }
    }
    List<String> faults = new ArrayList<>();
    for (int i = 0; i < checks.size(); i++) {
      faults.addAll(found.getOrDefault(i, List.of("A check broke; the server's log says why.")));
    }
    // A service that is not there would be said once for each thing in it.
    return faults.stream().distinct().toList();
  }

  private static List<String> one(Optional<String> fault) {
    return fault.stream().toList();
  }

  private Optional<String> function(String name) {
    try {
      lambda.getFunctionConfiguration(g -> g.functionName(name));
      return Optional.empty();
    } catch (SdkException e) {
      SdkFailure failure = SdkFailure.of(e);
      return Optional.of(
          failure.status() == 404
              ? "Lambda has no function " + name + ". Deploy the template first."
              : failure.unclear()
                  ? "Lambda does not answer as it should: " + failure.message()
                  : "Function " + name + " cannot be looked at: " + failure.message());
    }
  }

  private List<String> queues(List<String> names) {
    List<JobQueueDetail> found;
    try {
      found = batch.describeJobQueues(d -> d.jobQueues(names)).jobQueues();
    } catch (SdkException e) {
      SdkFailure failure = SdkFailure.of(e);
      return List.of(
          failure.unclear()
              ? "Batch does not answer as it should: " + failure.message()
              : "Job queues "
                  + String.join(", ", names)
                  + " cannot be looked at: "
                  + failure.message());
    }
    List<String> faults = new ArrayList<>();
    for (String name : names) {
      Optional<JobQueueDetail> queue =
          found.stream().filter(q -> q.jobQueueName().equals(name)).findFirst();
      if (queue.isEmpty()) {
        faults.add("Batch has no job queue " + name + ". Deploy the template first.");
      } else {
        usable(queue.get()).ifPresent(faults::add);
      }
    }
    return faults;
  }

  private static Optional<String> usable(JobQueueDetail queue) {
    if (!"ENABLED".equals(queue.stateAsString())) {
      return Optional.of(
          "Job queue %s is %s; enable it with UpdateJobQueue."
              .formatted(queue.jobQueueName(), queue.stateAsString()));
    }
    if (!"VALID".equals(queue.statusAsString())) {
      return Optional.of(
          "Job queue %s is %s, not VALID%s."
              .formatted(
                  queue.jobQueueName(),
                  queue.statusAsString(),
                  queue.statusReason() == null ? "" : ": " + queue.statusReason()));
    }
    return Optional.empty();
  }

  private Optional<String> definition(String name) {
    try {
      return gateway.activeRevision(name).isPresent()
          ? Optional.empty()
          : Optional.of(
              "Batch has no active job definition " + name + ". Deploy the template first.");
    } catch (BatchGateway.RefusedException e) {
      return Optional.of("Job definition " + name + " cannot be looked at: " + e.getMessage());
    } catch (BatchGateway.UnavailableException e) {
      return Optional.of(e.getMessage());
    }
  }

  private Optional<String> bucket(String name) {
    try {
      s3.headBucket(h -> h.bucket(name));
      return Optional.empty();
    } catch (SdkException e) {
      SdkFailure failure = SdkFailure.of(e);
      return Optional.of(
          failure.status() == 404
              ? "S3 has no bucket " + name + ". Make it, or name another with tasks.bucket."
              : failure.unclear()
                  ? "S3 does not answer as it should: " + failure.message()
                  : "Bucket " + name + " cannot be looked at: " + failure.message());
    }
  }
}
