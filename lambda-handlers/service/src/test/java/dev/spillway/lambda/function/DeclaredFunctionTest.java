package dev.spillway.lambda.function;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.lambda.testkit.LambdaServer;
import dev.spillway.lambda.testkit.TestService;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A template and the API at the same function: who wins, and when. */
class DeclaredFunctionTest {
  @TempDir Path folder;
  private FunctionConfiguration declared;

  @BeforeEach
  void declare() {
    declared =
        TestService.withTimeout(TestService.shell(folder, "f", LambdaServer.loop("echo 1")), 5);
  }

  @Test
  void what_the_api_changed_stays_until_the_template_says_something_new() {
    try (LambdaServer first = LambdaServer.open(folder, 1)) {
      assertThat(first.functions().put(declared)).isTrue();
      first.lambda.updateFunctionConfiguration(r -> r.functionName("f").timeout(9));
      first.lambda.publishVersion(r -> r.functionName("f"));
      assertThat(first.functions().put(declared)).as("the same again").isFalse();
      assertThat(timeout(first)).isEqualTo(9);
    }
    try (LambdaServer second = LambdaServer.open(folder, 1)) {
      assertThat(second.functions().put(declared)).as("the same after a restart").isFalse();
      assertThat(timeout(second)).isEqualTo(9);
      assertThat(second.functions().put(TestService.withTimeout(declared, 6))).isTrue();
      assertThat(timeout(second)).isEqualTo(6);
      assertThat(
              second
                  .lambda
                  .getFunctionConfiguration(r -> r.functionName("f").qualifier("1"))
                  .timeout())
          .as("a published version is nobody's to change")
          .isEqualTo(9);
    }
  }

  @Test
  void a_template_takes_over_a_function_that_the_api_made() {
    try (LambdaServer server = LambdaServer.open(folder, 1)) {
      server.lambda.createFunction(
          r ->
              r.functionName("f")
                  .runtime("provided.al2023")
                  .handler("main")
                  .role(LambdaServer.ROLE)
                  .timeout(9)
                  .tags(Map.of("by", "api"))
                  .code(c -> c.zipFile(LambdaServer.answering("api"))));
      assertThat(server.functions().put(declared)).isTrue();
      assertThat(timeout(server)).isEqualTo(5);
      assertThat(server.lambda.getFunction(r -> r.functionName("f")).tags()).isEmpty();
      assertThat(server.lambda.invoke(r -> r.functionName("f")).payload().asUtf8String().strip())
          .isEqualTo("1");
    }
  }

  @Test
  void a_deleted_function_comes_back_with_the_next_start_of_its_template() {
    try (LambdaServer server = LambdaServer.open(folder, 1)) {
      server.functions().put(declared);
      server.lambda.deleteFunction(r -> r.functionName("f"));
      assertThat(server.functions().find("f")).isEmpty();
      assertThat(server.functions().put(declared)).isTrue();
      assertThat(timeout(server)).isEqualTo(5);
    }
  }

  private static int timeout(LambdaServer server) {
    return server.lambda.getFunctionConfiguration(r -> r.functionName("f")).timeout();
  }
}
