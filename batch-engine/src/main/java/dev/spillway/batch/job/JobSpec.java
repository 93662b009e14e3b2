package dev.spillway.batch.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What was asked for, resolved once at submission and never changed after.
 *
 * @param jobQueue name of the queue
 * @param jobDefinitionArn with its revision
 * @param vcpuMillis thousandths of a vCPU
 * @param dependsOn ids of the jobs it waits for
 * @param detail the members of DescribeJobs that do not change, as JSON text
 */
public record JobSpec(
    String jobId,
    String jobName,
    String jobQueue,
    String jobDefinitionArn,
    Instant createdAt,
    int vcpuMillis,
    int memoryMib,
    RetryRules retry,
    Optional<Duration> timeout,
    List<String> dependsOn,
    Optional<IdempotencyKey> idempotencyKey,
    String detail) {

  /**
   * Makes a repeated submit harmless.
   *
   * @param requestHash tells the same request from another one
   */
  public record IdempotencyKey(String key, String requestHash) {}
}
