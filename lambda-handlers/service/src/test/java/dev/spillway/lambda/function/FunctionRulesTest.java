package dev.spillway.lambda.function;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionRulesTest {
  @TempDir Path code;

  private static final Runtimes ALL = _ -> java.util.Optional.empty();

  @Test
  void a_function_at_the_limits_is_taken() {
    assertThatCode(() -> FunctionRules.check(function("java25", 1, 128, Map.of()), ALL))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> FunctionRules.check(function("provided.al2023", 900, 10_240, Map.of()), ALL))
        .doesNotThrowAnyException();
  }

  @Test
  void each_refusal_names_the_member_the_value_and_the_rule() {
    refused(
        function("java25", 0, 128, Map.of()), "Timeout of function f is 0; it must be 1 to 900");
    refused(
        function("java25", 901, 128, Map.of()),
        "Timeout of function f is 901; it must be 1 to 900");
    refused(
        function("java25", 3, 127, Map.of()),
        "MemorySize of function f is 127; it must be 128 to 10240");
    refused(function("ruby3.4", 3, 128, Map.of()), "Runtime ruby3.4 of function f cannot run");
    refused(
        function("java25", 3, 128, Map.of("AB", "x".repeat(4095))),
        "Environment of function f has 4097 bytes; the limit is 4096");
    refused(
        function("java25", 3, 128, Map.of("1A", "x")), "Environment variable \"1A\" of function f");
  }

  private static void refused(FunctionConfiguration function, String message) {
    assertThatThrownBy(() -> FunctionRules.check(function, ALL))
        .isInstanceOf(LambdaException.class)
        .hasMessageContaining(message);
  }

  private FunctionConfiguration function(
      String runtime, int timeout, int memory, Map<String, String> environment) {
    return new FunctionConfiguration(
        "f",
        runtime,
        "a.B",
        code,
        timeout,
        memory,
        512,
        "x86_64",
        environment,
        OptionalInt.empty(),
        Map.of());
  }
}
