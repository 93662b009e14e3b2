package dev.spillway.lambda.function;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;

/**
 * What a function must be to be taken.
 *
 * <p>Errors: 400 InvalidParameterValueException that names the member, its value and the rule.
 * Source: AWS Lambda quotas, CreateFunction.
 */
final class FunctionRules {
  private static final int ENVIRONMENT_BYTES_MAX = 4096;
  private static final Set<String> ARCHITECTURES = Set.of("x86_64", "arm64");

  private FunctionRules() {}

  static void check(FunctionConfiguration function) {
    require(
        FunctionName.isPlain(function.functionName()),
        "FunctionName \"%s\" is not a name: letters, digits, - and _, at most 64",
        function.functionName());
    boolean managed = function.runtime().startsWith("java");
    require(
        managed || function.runtime().startsWith("provided"),
        "Runtime %s of function %s cannot run here: use java8.al2 to java25, provided.al2 or"
            + " provided.al2023",
        function.runtime(),
        function.functionName());
    require(
        !managed || !function.handler().isBlank(),
        "Handler of function %s is missing: a Java runtime needs package.Class or"
            + " package.Class::method",
        function.functionName());
    inRange("Timeout", function.timeout(), 1, 900, function);
    inRange("MemorySize", function.memorySize(), 128, 10_240, function);
    inRange("EphemeralStorage.Size", function.ephemeralStorage(), 512, 10_240, function);
    require(
        ARCHITECTURES.contains(function.architecture()),
        "Architecture \"%s\" of function %s is not one of x86_64, arm64",
        function.architecture(),
        function.functionName());
    function
        .reservedConcurrency()
        .ifPresent(
            n ->
                require(
                    n >= 0,
                    "ReservedConcurrentExecutions of function %s is %d; the minimum is 0",
                    function.functionName(),
                    n));
    require(
        Files.exists(function.code()),
        "Code of function %s does not exist: %s. Build it, or correct CodeUri",
        function.functionName(),
        function.code());
    checkEnvironment(function);
  }

  private static void checkEnvironment(FunctionConfiguration function) {
    long bytes = 0;
    for (Map.Entry<String, String> variable : function.environment().entrySet()) {
      require(
          variable.getKey().matches("[a-zA-Z][a-zA-Z0-9_]+"),
          "Environment variable \"%s\" of function %s is not a name: a letter first, at least two"
              + " characters, letters, digits and _",
          variable.getKey(),
          function.functionName());
      bytes +=
          variable.getKey().getBytes(StandardCharsets.UTF_8).length
              + variable.getValue().getBytes(StandardCharsets.UTF_8).length;
    }
    require(
        bytes <= ENVIRONMENT_BYTES_MAX,
        "Environment of function %s has %d bytes; the limit is 4096 for all names and values. Put"
            + " large values into the payload or into S3",
        function.functionName(),
        bytes);
  }

  private static void inRange(
      String member, int value, int least, int most, FunctionConfiguration function) {
    require(
        value >= least && value <= most,
        "%s of function %s is %d; it must be %d to %d",
        member,
        function.functionName(),
        value,
        least,
        most);
  }

  private static void require(boolean holds, String message, Object... details) {
    if (!holds) {
      throw new LambdaException(
          "InvalidParameterValueException", 400, String.format(message, details));
    }
  }
}
