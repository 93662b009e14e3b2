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
 */
public record LambdaSettings(
    Path dataDirectory,
    String region,
    String account,
    int concurrency,
    Duration idleExpiry,
    Duration initLimit,
    Path javaHome,
    List<Path> runtimeInterfaceClient) {}
