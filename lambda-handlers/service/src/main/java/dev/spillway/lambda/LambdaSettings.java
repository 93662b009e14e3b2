package dev.spillway.lambda;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the function service can be told.
 *
 * @param dataDirectory {@code functions/<name>/} (unpacked code) and {@code logs/functions/} below
 *     it
 * @param concurrency most environments at once, over all functions
 * @param idleExpiry an environment that waited this long is ended
 * @param initLimit init phase limit; AWS: 10 s
 * @param javaHome a JDK 25 that runs managed Java functions
 * @param runtimeInterfaceClient jars of the AWS Java runtime interface client
 * @param memorySlackMb what a worker may hold beyond the function's memory size before it is
 *     killed, MiB: a JVM's own structures do not count as the function's
 * @param logRetention a function's log file that was not written for this long is deleted
 * @param logMaxBytes one environment's log is cut to nothing, with a line that says so, beyond this
 * @param startCache whether a start-up cache (JDK AOT cache) is made for the code of a managed Java
 *     function
 * @param asyncRetryDelays before the second and the third attempt of an event that its function
 *     failed
 * @param runtimes folder with the runtime interface clients that the user installed
 */
public record LambdaSettings(
    Path dataDirectory,
    String region,
    String account,
    int concurrency,
    Duration idleExpiry,
    Duration initLimit,
    Path javaHome,
    List<Path> runtimeInterfaceClient,
    int memorySlackMb,
    Duration logRetention,
    long logMaxBytes,
    boolean startCache,
    List<Duration> asyncRetryDelays,
    Path runtimes) {

  public static final int MEMORY_SLACK_MB = 64;
  public static final Duration LOG_RETENTION = Duration.ofDays(30);

  /** Source: AWS Lambda Developer Guide, asynchronous invocation: one minute, then two. */
  public static final List<Duration> ASYNC_RETRY_DELAYS =
      List.of(Duration.ofMinutes(1), Duration.ofMinutes(2));

  public static final long LOG_MAX_BYTES = 64L << 20;

  /** The named defaults for slack and logs, with a start-up cache. */
  public LambdaSettings(
      Path dataDirectory,
      String region,
      String account,
      int concurrency,
      Duration idleExpiry,
      Duration initLimit,
      Path javaHome,
      List<Path> runtimeInterfaceClient) {
    this(
        dataDirectory,
        region,
        account,
        concurrency,
        idleExpiry,
        initLimit,
        javaHome,
        runtimeInterfaceClient,
        MEMORY_SLACK_MB,
        LOG_RETENTION,
        LOG_MAX_BYTES,
        true,
        ASYNC_RETRY_DELAYS,
        dataDirectory.resolve("runtimes"));
  }

  /** The same without a start-up cache. */
  public LambdaSettings withoutStartCache() {
    return new LambdaSettings(
        dataDirectory,
        region,
        account,
        concurrency,
        idleExpiry,
        initLimit,
        javaHome,
        runtimeInterfaceClient,
        memorySlackMb,
        logRetention,
        logMaxBytes,
        false,
        asyncRetryDelays,
        runtimes);
  }

  /** The same with logs kept this long. */
  public LambdaSettings withLogRetention(Duration retention) {
    return new LambdaSettings(
        dataDirectory,
        region,
        account,
        concurrency,
        idleExpiry,
        initLimit,
        javaHome,
        runtimeInterfaceClient,
        memorySlackMb,
        retention,
        logMaxBytes,
        startCache,
        asyncRetryDelays,
        runtimes);
  }

  /** The same with these times between the attempts of an event. */
  public LambdaSettings withAsyncRetryDelays(List<Duration> delays) {
    return new LambdaSettings(
        dataDirectory,
        region,
        account,
        concurrency,
        idleExpiry,
        initLimit,
        javaHome,
        runtimeInterfaceClient,
        memorySlackMb,
        logRetention,
        logMaxBytes,
        startCache,
        delays,
        runtimes);
  }

  /** The same with runtime interface clients in this folder. */
  public LambdaSettings withRuntimes(Path folder) {
    return new LambdaSettings(
        dataDirectory,
        region,
        account,
        concurrency,
        idleExpiry,
        initLimit,
        javaHome,
        runtimeInterfaceClient,
        memorySlackMb,
        logRetention,
        logMaxBytes,
        startCache,
        asyncRetryDelays,
        folder);
  }

  /** The same with absolute paths. */
  public LambdaSettings withAbsolutePaths() {
    return new LambdaSettings(
        dataDirectory.toAbsolutePath().normalize(),
        region,
        account,
        concurrency,
        idleExpiry,
        initLimit,
        javaHome.toAbsolutePath(),
        runtimeInterfaceClient.stream().map(Path::toAbsolutePath).toList(),
        memorySlackMb,
        logRetention,
        logMaxBytes,
        startCache,
        asyncRetryDelays,
        runtimes.toAbsolutePath().normalize());
  }
}
