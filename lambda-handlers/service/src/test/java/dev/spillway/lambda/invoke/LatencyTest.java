package dev.spillway.lambda.invoke;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.LocalWorkerProcesses;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testkit.TestService;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints what a call costs, cold and warm, next to an empty route of the same server: {@code mvn
 * -pl lambda-handlers/service -am test -Dtest=LatencyTest -DexcludedGroups= -Dgroups=soak}.
 */
@Tag("soak")
class LatencyTest {
  private static final int WARM_UP = 1000;
  private static final int CALLS = 2000;

  @TempDir Path folder;

  @Controller("/latency-echo")
  @Requires(property = "latency.echo")
  static class Echo {
    @Post
    @Consumes(MediaType.ALL)
    @Produces(MediaType.APPLICATION_JSON)
    @ExecuteOn(TaskExecutors.BLOCKING)
    byte[] echo(@Body byte[] body) {
      return body;
    }
  }

  @Test
  void cold_and_warm() throws Exception {
    try (ApplicationContext context =
        ApplicationContext.builder()
            .properties(
                Map.of(
                    "micronaut.server.port",
                    -1,
                    "micronaut.server.host",
                    "127.0.0.1",
                    "latency.echo",
                    "true"))
            .singletons(
                new LocalWorkerProcesses(),
                TestService.settings(folder, 4, Duration.ofMinutes(5), Duration.ofSeconds(10)),
                InstantSource.system())
            .start()) {
      EmbeddedServer server = context.getBean(EmbeddedServer.class).start();
      LocalFunctionService functions = context.getBean(LocalFunctionService.class);
      long[] cold = new long[5];
      for (int i = 0; i < cold.length; i++) {
        String name = "cold" + i;
        functions.put(TestService.java(folder, name, Script.class));
        cold[i] = nanos(() -> invoke(functions, name));
      }
      print("cold start, process start to result", cold);
      functions.put(TestService.java(folder, "f", Script.class));
      measure("warm, FunctionService", () -> invoke(functions, "f"));
      try (HttpClient http = HttpClient.newHttpClient()) {
        String base = server.getURI().toString();
        measure("warm, HTTP", () -> post(http, base + "/2015-03-31/functions/f/invocations"));
        measure("empty echo route, HTTP", () -> post(http, base + "/latency-echo"));
      }
    }
  }

  private static Object invoke(LocalFunctionService functions, String name) {
    Result result =
        functions
            .invoke(
                new dev.spillway.lambda.function.FunctionService.Invocation(
                    java.util.UUID.randomUUID().toString(),
                    name,
                    "{\"a\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                    java.util.Optional.empty()))
            .join();
    assertThat(result.functionError()).isEmpty();
    return result;
  }

  private static Object post(HttpClient http, String uri) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(uri))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"a\":1}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"a\":1}");
    return answer;
  }

  private static void measure(String what, Callable<?> call) throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      call.call();
    }
    long[] nanos = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      nanos[i] = nanos(call);
    }
    print(what, nanos);
  }

  private static long nanos(Callable<?> call) throws Exception {
    long start = System.nanoTime();
    call.call();
    return System.nanoTime() - start;
  }

  private static void print(String what, long[] nanos) {
    Arrays.sort(nanos);
    System.out.printf(
        "%-40s p50 %8.2f ms   p99 %8.2f ms   n %d%n",
        what, nanos[nanos.length / 2] / 1e6, nanos[nanos.length * 99 / 100] / 1e6, nanos.length);
  }
}
