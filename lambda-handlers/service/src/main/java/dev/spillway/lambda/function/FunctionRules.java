package dev.spillway.lambda.function;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a function must be to be taken.
 *
 * <p>Errors: 400 InvalidParameterValueException that names the member, its value and the rule.
 * Source: AWS Lambda quotas, CreateFunction.
 */
final class FunctionRules {
  private static final int ENVIRONMENT_BYTES_MAX = 4096;
  private static final Pattern RUNTIME =
      Pattern.compile(
          "java(8\\.al2|11|17|21|25|(8|11|17)\\.al2023)|provided(\\.al2|\\.al2023)?"
              + "|python3\\.(9|1[0-9])|nodejs(18|2[0-9])\\.x");
  private static final Set<String> ARCHITECTURES = Set.of("x86_64", "arm64");

  private FunctionRules() {}

  static void checkName(String functionName) {
    require(
        FunctionName.isPlain(functionName),
        "FunctionName \"%s\" is not a name: letters, digits, - and _, at most 64",
        functionName);
  }

  static void check(FunctionConfiguration function, Runtimes runtimes) {
    checkName(function.functionName());
    if (function.details().imageUri().isEmpty()) {
      checkZip(function, runtimes);
    }
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
    checkEnvironment(function);
  }

  /** Before it is unpacked; once it is, the folder or archive that it came from may go. */
  static void checkCode(FunctionConfiguration function) {
    require(
        function.details().imageUri().isPresent() || Files.exists(function.code()),
        "Code of function %s does not exist: %s. Build it, or correct CodeUri",
        function.functionName(),
        function.code());
  }

  private static void checkZip(FunctionConfiguration function, Runtimes runtimes) {
    String runtime = function.runtime();
    require(
        RUNTIME.matcher(runtime).matches(),
        "Runtime %s of function %s cannot run here: use java8.al2 to java25, python3.9 or later,"
            + " nodejs18.x or later, provided.al2 or provided.al2023",
        runtime,
        function.functionName());
    require(
        runtime.startsWith("provided") || !function.handler().isBlank(),
        "Handler of function %s is missing: a Java runtime needs package.Class or"
            + " package.Class::method, Python and Node need file.function",
        function.functionName());
    runtimes
        .obstacle(runtime)
        .ifPresent(
            why ->
                require(
                    false, "Runtime %s of function %s: %s", runtime, function.functionName(), why));
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
