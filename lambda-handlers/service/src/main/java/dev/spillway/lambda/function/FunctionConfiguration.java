package dev.spillway.lambda.function;

import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/**
 * One function as it stands.
 *
 * <p>Units: timeout in seconds (1 to 900), memory and ephemeral storage in MB as Lambda counts them
 * (MiB).
 *
 * @param runtime {@code java25}, {@code java21} ... or {@code provided.al2023}
 * @param code zip file or unpacked folder
 */
public record FunctionConfiguration(
    String functionName,
    String runtime,
    String handler,
    Path code,
    int timeout,
    int memorySize,
    int ephemeralStorage,
    String architecture,
    Map<String, String> environment,
    OptionalInt reservedConcurrency,
    Map<String, String> tags) {}
