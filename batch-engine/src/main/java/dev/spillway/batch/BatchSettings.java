package dev.spillway.batch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the engine can be told.
 *
 * @param dataDirectory holds {@code batch.db}, {@code logs/}, {@code work/}, {@code supervisor/}
 * @param hostVcpus capacity of this host that jobs may use together
 * @param hostMemoryMib likewise, MiB
 * @param stopGrace between SIGTERM and SIGKILL; AWS's default is 30 s
 * @param runner {@code docker}, {@code process}, or {@code auto}: docker when an engine answers
 * @param processImages image names whose jobs the process runner may run on this host
 * @param maxArraySize children of one array job; AWS allows 10,000, a million are tried
 * @param retainJobs how long ended jobs are kept
 * @param retainLogs how long logs of ended attempts are kept
 */
public record BatchSettings(
    Path dataDirectory,
    String region,
    String account,
    int hostVcpus,
    long hostMemoryMib,
    Duration stopGrace,
    String runner,
    List<ProcessImage> processImages,
    boolean allowPrivileged,
    int maxArraySize,
    Duration retainJobs,
    Duration retainLogs) {

  /**
   * An image name that the process runner stands in for.
   *
   * @param name as in the job definition; a name without a tag stands for every tag
   * @param entryPoint put before the job's command; may be empty
   */
  public record ProcessImage(String name, List<String> entryPoint) {}
}
