package dev.spillway.lambda.function;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One function as it stands.
 *
 * <p>Units: timeout in seconds (1 to 900), memory and ephemeral storage in MB as Lambda counts them
 * (MiB).
 *
 * @param runtime {@code java25}, {@code java21} ... or {@code provided.al2023}
 * @param code zip file or unpacked folder
 * @param reservedConcurrency of the function, not of one version, as tags and eventInvoke are
 * @param eventInvoke what becomes of events sent to {@code $LATEST}
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
    Map<String, String> tags,
    FunctionDetails details,
    Optional<EventInvokeConfig> eventInvoke) {

  /** A function with nothing but what its environments are made from. */
  public FunctionConfiguration(
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
      Map<String, String> tags) {
    this(
        functionName,
        runtime,
        handler,
        code,
        timeout,
        memorySize,
        ephemeralStorage,
        architecture,
        environment,
        reservedConcurrency,
        tags,
        FunctionDetails.NONE,
        Optional.empty());
  }

  /** What a version is a copy of: without what belongs to the function as a whole. */
  FunctionConfiguration ofOneVersion() {
    return with(OptionalInt.empty(), Map.of(), Optional.empty());
  }

  FunctionConfiguration with(
      OptionalInt reserved, Map<String, String> newTags, Optional<EventInvokeConfig> events) {
    return new FunctionConfiguration(
        functionName,
        runtime,
        handler,
        code,
        timeout,
        memorySize,
        ephemeralStorage,
        architecture,
        environment,
        reserved,
        newTags,
        details,
        events);
  }

  public FunctionConfiguration withDetails(FunctionDetails newDetails) {
    return new FunctionConfiguration(
        functionName,
        runtime,
        handler,
        code,
        timeout,
        memorySize,
        ephemeralStorage,
        architecture,
        environment,
        reservedConcurrency,
        tags,
        newDetails,
        eventInvoke);
  }

  public FunctionConfiguration withEventInvoke(Optional<EventInvokeConfig> events) {
    return with(reservedConcurrency, tags, events);
  }

  /** The same with other code; what is no image has none. */
  FunctionConfiguration withCode(Path newCode, String newArchitecture, Optional<String> image) {
    return new FunctionConfiguration(
        functionName,
        runtime,
        handler,
        newCode,
        timeout,
        memorySize,
        ephemeralStorage,
        newArchitecture,
        environment,
        reservedConcurrency,
        tags,
        new FunctionDetails(
            details.description(), details.role(), image, details.deadLetter(), details.kept()),
        eventInvoke);
  }
}
