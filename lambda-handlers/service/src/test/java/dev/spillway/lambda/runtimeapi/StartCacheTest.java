package dev.spillway.lambda.runtimeapi;

import static dev.spillway.lambda.testkit.TestService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testkit.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartCacheTest {
  private static final String READ_CLASS =
      "{\"do\":\"readFile\",\"name\":\"dev/spillway/lambda/testfunctions/Script.class\"}";

  @TempDir Path folder;

  @Test
  void a_cache_is_made_after_the_first_start_and_used_by_the_next() {
    LambdaSettings plain =
        TestService.settings(folder, 1, Duration.ofMinutes(5), Duration.ofSeconds(10));
    LambdaSettings cached =
        new LambdaSettings(
            plain.dataDirectory(),
            plain.region(),
            plain.account(),
            1,
            plain.idleExpiry(),
            plain.initLimit(),
            plain.javaHome(),
            plain.runtimeInterfaceClient());
    try (TestService service = TestService.open(cached)) {
      service.with(TestService.java(folder, "f", Script.class));
      Result cold = service.invoke("f", "{\"do\":\"about\"}");
      System.out.println("init without cache: " + cold.report().initMillis() + " ms");
      assertThat(commandLine(cold)).doesNotContain("AOTCache");
      await().atMost(Duration.ofSeconds(90)).until(() -> caches().size() == 1);
    }
    try (TestService service = TestService.open(cached)) {
      service.with(TestService.java(folder, "f", Script.class));
      Result cold = service.invoke("f", "{\"do\":\"about\"}");
      System.out.println("init with cache: " + cold.report().initMillis() + " ms");
      assertThat(cold.functionError()).isEmpty();
      assertThat(commandLine(cold)).contains("-XX:AOTCache=" + caches().getFirst());
      assertThat(cold.log().lines()).as("the cache is silent").hasSize(3);
      assertThat(json(service.invoke("f", READ_CLASS)).asLong()).isPositive();
    }
  }

  private List<String> caches() {
    try (var files = Files.list(folder.resolve("data/functions/f"))) {
      return files.map(Path::toString).filter(name -> name.endsWith(".aot")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String commandLine(Result about) {
    try {
      String pid = json(about).get("pid").asText();
      return Files.readString(Path.of("/proc", pid, "cmdline")).replace('\0', ' ');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
