package dev.spillway.lambda.runtimeapi;

import static dev.spillway.lambda.testkit.TestService.json;
import static dev.spillway.lambda.testkit.TestService.runs;
import static dev.spillway.lambda.testkit.TestService.withEnvironment;
import static dev.spillway.lambda.testkit.TestService.withReserved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.testfunctions.Script;
import dev.spillway.lambda.testkit.TestService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Growth, throttling, reuse and end of environments, with real workers. */
class WarmPoolTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration INIT = Duration.ofSeconds(10);

  @TempDir Path folder;

  @Test
  void the_pool_grows_to_the_limit_and_then_throttles() {
    try (TestService service = TestService.open(folder, 2)) {
      service.with(TestService.java(folder, "f", Script.class));
      List<CompletableFuture<Result>> running = sleeps(service, 2);
      assertThatThrownBy(() -> service.invoke("f", "{}"))
          .cause()
          .isInstanceOfSatisfying(
              LambdaException.class,
              e -> {
                assertThat(e.status()).isEqualTo(429);
                assertThat(e.errorType()).isEqualTo("TooManyRequestsException");
                assertThat(e.reason()).contains("ConcurrentInvocationLimitExceeded");
              });
      Set<String> pids = new HashSet<>();
      running.forEach(one -> pids.add(json(one.join()).asText()));
      assertThat(pids).hasSize(2);
      assertThat(service.functions.environments()).containsEntry("f", 2);
    }
  }

  @Test
  void reserved_concurrency_caps_one_function_only() {
    try (TestService service = TestService.open(folder, 4)) {
      service.with(withReserved(TestService.java(folder, "capped", Script.class), 1));
      service.with(withReserved(TestService.java(folder, "off", Script.class), 0));
      service.with(TestService.java(folder, "free", Script.class));
      CompletableFuture<Result> running =
          service.start("capped", "{\"do\":\"sleep\",\"millis\":1500}");
      for (String throttled : List.of("capped", "off")) {
        assertThatThrownBy(() -> service.invoke(throttled, "{}"))
            .cause()
            .isInstanceOfSatisfying(
                LambdaException.class,
                e ->
                    assertThat(e.reason())
                        .contains("ReservedFunctionConcurrentInvocationLimitExceeded"));
      }
      assertThat(service.invoke("free", "{}").functionError()).isEmpty();
      assertThat(running.join().functionError()).isEmpty();
      assertThat(service.invoke("capped", "{}").functionError()).isEmpty();
    }
  }

  @Test
  void an_idle_environment_of_another_function_makes_room_at_the_limit() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.java(folder, "first", Script.class));
      service.with(TestService.java(folder, "second", Script.class));
      long first = service.pid("first");
      long second = service.pid("second");
      assertThat(runs(first)).isFalse();
      assertThat(runs(second)).isTrue();
      assertThat(service.functions.environments()).isEqualTo(Map.of("second", 1));
    }
  }

  @Test
  void one_caller_at_a_limit_of_one_is_never_throttled() {
    try (TestService service = TestService.open(folder, 1)) {
      service.with(TestService.java(folder, "f", Script.class));
      Set<Long> pids = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        pids.add(service.pid("f"));
      }
      assertThat(pids).hasSize(1);
    }
  }

  @Test
  void an_idle_environment_expires() {
    try (TestService service = TestService.open(folder, 2, Duration.ofMillis(700), INIT)) {
      service.with(TestService.java(folder, "f", Script.class));
      long pid = service.pid("f");
      assertThat(service.functions.environments()).isEqualTo(Map.of("f", 1));
      await().atMost(Duration.ofSeconds(5)).until(() -> !runs(pid));
      await().atMost(Duration.ofSeconds(5)).until(() -> service.functions.environments().isEmpty());
      assertThat(service.pid("f")).isNotEqualTo(pid);
    }
  }

  @Test
  void replaced_configuration_ends_the_old_environment_and_an_equal_one_keeps_it() {
    try (TestService service = TestService.open(folder, 2)) {
      FunctionConfiguration function = TestService.java(folder, "f", Script.class);
      service.with(function);
      long before = service.pid("f");
      service.with(function);
      assertThat(service.pid("f")).isEqualTo(before);
      CompletableFuture<Result> old = service.start("f", "{\"do\":\"sleep\",\"millis\":1000}");
      service.with(withEnvironment(function, Map.of("VERSION", "2")));
      assertThat(json(service.invoke("f", "{\"do\":\"environment\"}")).get("VERSION").asText())
          .isEqualTo("2");
      assertThat(old.join().functionError()).as("a running call is not cut off").isEmpty();
      await().atMost(Duration.ofSeconds(5)).until(() -> !runs(before));
    }
  }

  @Test
  void closing_kills_the_workers_and_answers_who_waits() {
    TestService service = TestService.open(folder, 2);
    service.with(TestService.java(folder, "f", Script.class));
    long pid = service.pid("f");
    CompletableFuture<Result> running = service.start("f", "{\"do\":\"sleep\",\"millis\":60000}");
    service.close();
    assertThat(runs(pid)).isFalse();
    assertThatThrownBy(running::join).hasMessageContaining("shutting down");
  }

  @Test
  void a_thousand_calls_at_twenty_at_once_are_all_answered_with_their_own_result()
      throws Exception {
    int calls = 1000;
    try (TestService service = TestService.open(folder, 20, LONG, Duration.ofSeconds(60))) {
      service.with(TestService.java(folder, "f", Script.class));
      Semaphore places = new Semaphore(20);
      List<CompletableFuture<Result>> answers = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        places.acquire();
        CompletableFuture<Result> answer = service.start("f", "{\"i\":" + i + "}");
        answer.whenComplete((_, _) -> places.release());
        answers.add(answer);
      }
      for (int i = 0; i < calls; i++) {
        Result result = answers.get(i).join();
        assertThat(result.functionError()).isEmpty();
        assertThat(json(result).get("i").asInt()).isEqualTo(i);
        assertThat(result.log()).contains("START RequestId: " + result.requestId());
      }
      assertThat(service.functions.environments().get("f")).isBetween(1, 20);
    }
  }

  @Test
  @Tag("soak")
  void ten_thousand_warm_calls_at_fifty_at_once_are_all_answered() throws Exception {
    int calls = 10_000;
    int places = 50;
    try (TestService service = TestService.open(folder, places, LONG, Duration.ofSeconds(60))) {
      service.with(TestService.java(folder, "f", Script.class));
      for (int warm = 5; warm <= places; warm += 5) {
        sleeps(service, warm).forEach(CompletableFuture::join);
      }
      Semaphore free = new Semaphore(places);
      List<CompletableFuture<Result>> answers = new ArrayList<>();
      long begun = System.nanoTime();
      for (int i = 0; i < calls; i++) {
        free.acquire();
        CompletableFuture<Result> answer = service.start("f", "{\"i\":" + i + "}");
        answer.whenComplete((_, _) -> free.release());
        answers.add(answer);
      }
      int own = 0;
      for (int i = 0; i < calls; i++) {
        Result result = answers.get(i).join();
        own += result.functionError().isEmpty() && json(result).get("i").asInt() == i ? 1 : 0;
      }
      System.out.printf(
          "warm calls: %d, answered with their own result: %d, at once: %d, %.0f/s%n",
          calls, own, places, calls / ((System.nanoTime() - begun) / 1e9));
      assertThat(own).isEqualTo(calls);
    }
  }

  @Test
  void a_burst_over_the_limit_is_throttled_or_answered_and_nothing_is_lost() {
    try (TestService service = TestService.open(folder, 2)) {
      service.with(TestService.java(folder, "f", Script.class));
      List<CompletableFuture<Result>> burst =
          Stream.generate(() -> service.start("f", "{}")).limit(10).toList();
      int answered = 0;
      int throttled = 0;
      for (CompletableFuture<Result> one : burst) {
        try {
          assertThat(one.join().functionError()).isEmpty();
          answered++;
        } catch (CompletionException e) {
          assertThat(((LambdaException) e.getCause()).status()).isEqualTo(429);
          throttled++;
        }
      }
      assertThat(answered).isEqualTo(2);
      assertThat(throttled).isEqualTo(8);
    }
  }

  private static List<CompletableFuture<Result>> sleeps(TestService service, int count) {
    List<CompletableFuture<Result>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(service.start("f", "{\"do\":\"sleep\",\"millis\":1500}"));
    }
    return running;
  }
}
