package dev.spillway.batch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
 * @param postgres holds the jobs in place of {@code batch.db}
 * @param capacity how instances behave
 * @param processTmpMib what the temporary files of a job of the process runner may take, MiB
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
    Duration retainLogs,
    Optional<Postgres> postgres,
    CapacitySettings capacity,
    long processTmpMib) {
  /** What Fargate gives a task that asks for nothing. */
  public static final long PROCESS_TMP_MIB = 20 * 1024;

  /** With the jobs in {@code batch.db}. */
  public BatchSettings(
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
    this(
        dataDirectory,
        region,
        account,
        hostVcpus,
        hostMemoryMib,
        stopGrace,
        runner,
        processImages,
        allowPrivileged,
        maxArraySize,
        retainJobs,
        retainLogs,
        Optional.empty(),
        CapacitySettings.DEFAULT,
        PROCESS_TMP_MIB);
  }

  /** The same, with the jobs in PostgreSQL when one is given. */
  public BatchSettings storedIn(Optional<Postgres> database) {
    return new BatchSettings(
        dataDirectory,
        region,
        account,
        hostVcpus,
        hostMemoryMib,
        stopGrace,
        runner,
        processImages,
        allowPrivileged,
        maxArraySize,
        retainJobs,
        retainLogs,
        database,
        capacity,
        processTmpMib);
  }

  /** The same, with instances that behave so. */
  public BatchSettings with(CapacitySettings how) {
    return new BatchSettings(
        dataDirectory,
        region,
        account,
        hostVcpus,
        hostMemoryMib,
        stopGrace,
        runner,
        processImages,
        allowPrivileged,
        maxArraySize,
        retainJobs,
        retainLogs,
        postgres,
        how,
        processTmpMib);
  }

  /** The same, with that much room for temporary files of a process. */
  public BatchSettings withProcessTmp(long mib) {
    return new BatchSettings(
        dataDirectory,
        region,
        account,
        hostVcpus,
        hostMemoryMib,
        stopGrace,
        runner,
        processImages,
        allowPrivileged,
        maxArraySize,
        retainJobs,
        retainLogs,
        postgres,
        capacity,
        mib);
  }

  /**
   * A PostgreSQL database.
   *
   * @param url {@code jdbc:postgresql://HOST[:PORT]/DATABASE}; {@code ?currentSchema=} picks a
   *     schema that exists
   */
  public record Postgres(String url, Optional<String> user, Optional<String> password) {
    /** Without the password, and without what follows the database's name. */
    @Override
    public String toString() {
      return url.replaceFirst("\\?.*", "");
    }
  }

  /**
   * An image name that the process runner stands in for.
   *
   * @param name as in the job definition; a name without a tag stands for every tag
   * @param entryPoint put before the job's command; may be empty
   */
  public record ProcessImage(String name, List<String> entryPoint) {}
}
