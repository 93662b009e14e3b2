package dev.spillway.dispatch.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.dispatch.aws.FunctionGateway.End;
import dev.spillway.dispatch.wiring.ContractServer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every adapter of {@link FunctionGateway} promises, over real functions. */
@Tag("conformance")
abstract class FunctionGatewayContract {
  static final ContractServer SERVER = ContractServer.shared();

  final List<End> ends = new CopyOnWriteArrayList<>();
  final List<String> begun = new CopyOnWriteArrayList<>();
  FunctionGateway gateway;

  /** A gateway that knows nothing yet, over the same service. */
  abstract FunctionGateway open();

  @BeforeEach
  void listen() {
    gateway = listening(open());
  }

  private FunctionGateway listening(FunctionGateway opened) {
    opened.listen(ends::add);
    opened.listenStarts(begun::add);
    return opened;
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  static String key() {
    return UUID.randomUUID() + "/1";
  }

  static FunctionGateway.Start call(String key, String function, String event) {
    return new FunctionGateway.Start(
        key,
        function,
        () -> event.getBytes(UTF_8),
        "{\"custom\":{\"spillwayTaskId\":\"%s\",\"spillwayHop\":\"1\"}}".formatted(key));
  }

  End ended(String key) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> ends.stream().anyMatch(end -> end.hopKey().equals(key)));
    return ends.stream().filter(end -> end.hopKey().equals(key)).findFirst().orElseThrow();
  }

  End run(String function, String event) {
    String key = key();
    gateway.start(call(key, function, event));
    return ended(key);
  }

  @Test
  void an_answer_is_a_success_with_the_bytes_that_the_function_gave_and_its_log() {
    String key = key();
    gateway.start(call(key, "doer", "{\"do\":\"echo\",\"name\":\"Zoë\"}"));
    assertThat(ended(key))
        .isInstanceOfSatisfying(
            End.Succeeded.class,
            end ->
                assertThat(new String(end.result(), UTF_8))
                    .isEqualTo("{\"do\":\"echo\",\"name\":\"Zoë\"}"));
    assertThat(begun).contains(key);
    assertThat(gateway.running(key)).isFalse();
    assertThat(gateway.log(key).orElseThrow())
        .contains("START RequestId")
        .contains("does echo")
        .contains("REPORT RequestId");
  }

  @Test
  void the_function_is_told_who_it_is() {
    String key = key();
    gateway.start(call(key, "doer", "{\"do\":\"context\"}"));
    assertThat(ended(key))
        .isInstanceOfSatisfying(
            End.Succeeded.class,
            end ->
                assertThat(new String(end.result(), UTF_8))
                    .contains("\"spillwayTaskId\":\"" + key + "\"")
                    .contains("\"spillwayHop\":\"1\""));
  }

  @Test
  void an_error_object_is_the_functions_failure() {
    assertThat(run("doer", "{\"do\":\"fail\"}"))
        .isInstanceOfSatisfying(
            End.FunctionFailed.class,
            end -> {
              assertThat(end.errorType()).isEqualTo("ShopClosed");
              assertThat(end.errorMessage()).isEqualTo("no such shop");
              assertThat(gateway.log(end.hopKey()).orElseThrow()).contains("does fail");
            });
  }

  @Test
  void a_function_that_runs_out_of_time_fails_with_lambdas_own_words() {
    assertThat(run("doer", "{\"do\":\"hang\"}"))
        .isInstanceOfSatisfying(
            End.FunctionFailed.class,
            end -> assertThat(end.errorMessage()).contains("Task timed out after 4.00 seconds"));
  }

  @Test
  void a_function_that_does_not_exist_is_a_404() {
    assertThat(run("nobody", "{}"))
        .isInstanceOfSatisfying(
            End.ServiceFailed.class,
            end -> {
              assertThat(end.status()).isEqualTo(404);
              assertThat(end.errorType()).isEqualTo("ResourceNotFoundException");
              assertThat(end.message()).contains("nobody");
            });
  }

  @Test
  void a_throttle_is_a_429_that_names_the_limit() {
    assertThat(run("closed", "{}"))
        .isInstanceOfSatisfying(
            End.ServiceFailed.class,
            end -> {
              assertThat(end.status()).isEqualTo(429);
              assertThat(end.errorType()).isEqualTo("TooManyRequestsException");
              assertThat(end.message()).contains("Rate Exceeded");
            });
  }

  @Test
  void an_event_that_is_no_json_is_a_400() {
    assertThat(run("doer", "{"))
        .isInstanceOfSatisfying(
            End.ServiceFailed.class,
            end -> {
              assertThat(end.status()).isEqualTo(400);
              assertThat(end.errorType()).isEqualTo("InvalidRequestContentException");
            });
  }

  @Test
  void a_payload_and_an_answer_of_five_mebibytes_pass() {
    String large = "{\"do\":\"echo\",\"text\":\"" + "ä".repeat(5 * 512 * 1024) + "\"}";
    assertThat(run("doer", large))
        .isInstanceOfSatisfying(
            End.Succeeded.class,
            end -> assertThat(new String(end.result(), UTF_8)).isEqualTo(large));
  }

  @Test
  void a_payload_over_six_mebibytes_is_a_413() {
    assertThat(run("doer", "\"" + "a".repeat(6 * 1024 * 1024 + 1000) + "\""))
        .isInstanceOfSatisfying(
            End.ServiceFailed.class, end -> assertThat(end.status()).isEqualTo(413));
  }

  @Test
  void the_same_key_started_twice_runs_once() {
    String key = key();
    gateway.start(call(key, "doer", "{\"do\":\"work\"}"));
    gateway.start(call(key, "doer", "{\"do\":\"work\"}"));
    assertThat(gateway.running(key)).isTrue();
    ended(key);
    assertThat(run("doer", "{\"do\":\"work\"}")).isInstanceOf(End.Succeeded.class);
    assertThat(ends.stream().filter(end -> end.hopKey().equals(key))).hasSize(1);
    assertThat(begun.stream().filter(key::equals)).hasSize(1);
  }

  @Test
  void a_hop_that_ended_may_be_started_again_under_its_key() {
    String key = key();
    gateway.start(call(key, "closed", "{}"));
    ended(key);
    gateway.start(call(key, "doer", "{}"));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ends.stream().filter(end -> end.hopKey().equals(key)).count() == 2);
    assertThat(ends.getLast()).isInstanceOf(End.Succeeded.class);
  }

  @Test
  void one_that_is_cancelled_while_it_runs_comes_to_an_end_once_and_no_more() {
    String key = key();
    gateway.start(call(key, "doer", "{\"do\":\"work\"}"));
    await().atMost(Duration.ofSeconds(30)).until(() -> begun.contains(key));
    gateway.cancel(key);
    gateway.cancel(key);
    ended(key);
    assertThat(gateway.running(key)).isFalse();
    run("doer", "{\"do\":\"work\"}");
    assertThat(ends.stream().filter(end -> end.hopKey().equals(key))).hasSize(1);
  }

  @Test
  void cancelling_what_does_not_run_is_harmless() {
    gateway.cancel(key());
    assertThat(run("doer", "{}")).isInstanceOf(End.Succeeded.class);
  }

  @Test
  void a_new_gateway_has_nothing_in_flight() {
    String key = key();
    gateway.start(call(key, "doer", "{\"do\":\"work\"}"));
    try (FunctionGateway next = open()) {
      assertThat(gateway.running(key)).isTrue();
      assertThat(next.running(key)).isFalse();
    }
    ended(key);
  }

  /** The next three hold for an adapter with its decorator around it, as it is wired. */
  private FunctionGateway narrow() {
    return listening(
        new ResilientFunctionGateway(
            open(),
            new ResilientFunctionGateway.Concurrency(1, _ -> OptionalInt.empty()),
            new Circuits("Function", Duration.ofSeconds(30), InstantSource.system()),
            InstantSource.system()));
  }

  @Test
  void what_is_over_the_concurrency_waits_in_order() {
    try (FunctionGateway narrow = narrow()) {
      List<String> keys = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        keys.add(key());
        narrow.start(call(keys.getLast(), "doer", "{\"do\":\"echo\"}"));
      }
      keys.forEach(this::ended);
      assertThat(begun).containsExactlyElementsOf(keys);
      assertThat(ends).extracting(End::hopKey).containsExactlyElementsOf(keys);
    }
  }

  @Test
  void one_that_is_cancelled_while_it_waits_is_never_sent() {
    try (FunctionGateway narrow = narrow()) {
      String first = key();
      String second = key();
      String third = key();
      narrow.start(call(first, "doer", "{\"do\":\"work\"}"));
      narrow.start(call(second, "doer", "{\"do\":\"work\"}"));
      narrow.start(call(third, "doer", "{}"));
      assertThat(narrow.running(second)).isTrue();
      narrow.cancel(second);
      assertThat(narrow.running(second)).isFalse();
      ended(third);
      assertThat(begun).containsExactly(first, third);
      assertThat(ends).extracting(End::hopKey).containsExactly(first, third);
    }
  }

  @Test
  void a_throttled_function_does_not_hold_up_the_line() {
    try (FunctionGateway narrow = narrow()) {
      for (int i = 0; i < 20; i++) {
        narrow.start(call(key(), "closed", "{}"));
      }
      String last = key();
      narrow.start(call(last, "doer", "{}"));
      assertThat(ended(last)).isInstanceOf(End.Succeeded.class);
      assertThat(ends.stream().filter(End.ServiceFailed.class::isInstance))
          .hasSize(20)
          .allSatisfy(end -> assertThat(((End.ServiceFailed) end).status()).isEqualTo(429));
    }
  }
}
