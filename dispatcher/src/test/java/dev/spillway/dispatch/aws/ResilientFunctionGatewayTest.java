package dev.spillway.dispatch.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.FunctionGateway.End;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.task.Doubles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The circuit and the line, over functions that end when told and a clock that moves when told. */
class ResilientFunctionGatewayTest {
  private static final Duration OPEN_FOR = Duration.ofSeconds(30);

  private final Doubles.Clock clock = new Doubles.Clock();
  private final Doubles.Functions service = new Doubles.Functions();
  private final List<End> ends = new ArrayList<>();
  private ResilientFunctionGateway gateway;
  private int number;

  @BeforeEach
  void open() {
    gateway =
        new ResilientFunctionGateway(
            service,
            new ResilientFunctionGateway.Concurrency(
                4, name -> name.equals("pair") ? OptionalInt.of(2) : OptionalInt.empty()),
            new Circuits("Function", OPEN_FOR, clock),
            clock);
    gateway.listen(ends::add);
  }

  private String start(String function) {
    String key = "task-" + ++number + "/1";
    gateway.start(new FunctionGateway.Start(key, function, () -> "{}".getBytes(UTF_8), "{}"));
    return key;
  }

  private void breaks(String function, int times) {
    for (int i = 0; i < times; i++) {
      service.refuse(start(function), 500, "ServiceException", "broken");
    }
  }

  private End.ServiceFailed refused() {
    assertThat(ends.getLast()).isInstanceOf(End.ServiceFailed.class);
    return (End.ServiceFailed) ends.getLast();
  }

  @Test
  void a_function_whose_service_breaks_is_left_alone_and_says_until_when() {
    breaks("resize", 5);
    String key = start("resize");
    assertThat(service.started).doesNotContain(key);
    assertThat(refused())
        .isEqualTo(
            new End.ServiceFailed(
                key,
                503,
                "CircuitOpenException",
                "Function resize is left alone: of its last 5 calls 5 failed or were not answered."
                    + " It is tried again at 2026-11-21T02:00:34Z."));
    assertThat(gateway.running(key)).isFalse();
  }

  @Test
  void one_function_does_not_open_the_circuit_of_another() {
    breaks("resize", 5);
    service.succeed(start("feed"), "1");
    assertThat(ends.getLast()).isInstanceOf(End.Succeeded.class);
  }

  @Test
  void failures_of_the_code_throttles_and_other_4xx_open_nothing() {
    for (int i = 0; i < 20; i++) {
      service.fail(start("resize"), "Boom", "the code failed");
      service.refuse(start("resize"), 429, "TooManyRequestsException", "Rate Exceeded.");
      service.refuse(start("resize"), 404, "ResourceNotFoundException", "no such function");
    }
    String key = start("resize");
    assertThat(service.started).contains(key);
  }

  @Test
  void after_its_time_two_calls_are_let_through_and_their_success_closes_it() {
    breaks("resize", 5);
    clock.plusSeconds(31);
    String first = start("resize");
    String second = start("resize");
    String third = start("resize");
    assertThat(service.started).contains(first, second).doesNotContain(third);
    assertThat(refused().message()).contains("is being tried again by 2 calls");
    service.succeed(first, "1");
    service.succeed(second, "1");
    String fourth = start("resize");
    assertThat(service.started).contains(fourth);
  }

  @Test
  void after_its_time_two_failures_open_it_again() {
    breaks("resize", 5);
    clock.plusSeconds(31);
    breaks("resize", 2);
    String key = start("resize");
    assertThat(service.started).doesNotContain(key);
    assertThat(refused().message()).contains("2026-11-21T02:01:05Z");
  }

  @Test
  void a_call_that_was_cancelled_says_nothing_about_its_function() {
    for (int i = 0; i < 10; i++) {
      String key = start("resize");
      gateway.cancel(key);
      service.refuse(key, 500, "ServiceException", "cancelled");
    }
    assertThat(service.started).contains(start("resize"));
  }

  @Test
  void a_cancelled_trial_does_not_take_the_place_of_the_next() {
    breaks("resize", 5);
    clock.plusSeconds(31);
    gateway.cancel(start("resize"));
    gateway.cancel(start("resize"));
    assertThat(service.started).contains(start("resize"));
  }

  @Test
  void a_cancelled_call_keeps_its_place_until_it_has_ended() {
    List<String> keys = List.of(start("a"), start("a"), start("a"), start("a"));
    String waiting = start("a");
    gateway.cancel(keys.getFirst());
    assertThat(service.started).doesNotContain(waiting);
    service.succeed(keys.getFirst(), "late");
    assertThat(service.started).contains(waiting);
  }

  @Test
  void an_end_that_comes_twice_frees_one_place_and_is_told_twice() {
    List<String> keys = List.of(start("a"), start("a"), start("a"), start("a"));
    String fifth = start("a");
    String sixth = start("a");
    service.succeed(keys.getFirst(), "1");
    service.succeed(keys.getFirst(), "1");
    assertThat(service.started).contains(fifth).doesNotContain(sixth);
    assertThat(ends).hasSize(2);
  }

  @Test
  void one_that_waits_is_cancelled_at_once_and_one_that_was_sent_is_not() {
    List<String> keys = List.of(start("a"), start("a"), start("a"), start("a"));
    String waiting = start("a");
    assertThat(gateway.cancel(waiting)).isTrue();
    assertThat(gateway.running(waiting)).isFalse();
    assertThat(gateway.cancel(keys.getFirst())).isFalse();
  }

  @Test
  void a_function_has_no_more_calls_than_its_reserved_concurrency_and_others_pass_them() {
    List<String> pair = List.of(start("pair"), start("pair"), start("pair"), start("pair"));
    String other = start("a");
    assertThat(service.started).containsExactly(pair.get(0), pair.get(1), other);
    service.succeed(other, "1");
    assertThat(service.started).doesNotContain(pair.get(2));
    service.succeed(pair.get(0), "1");
    assertThat(service.started).contains(pair.get(2)).doesNotContain(pair.get(3));
  }

  @Test
  void payloads_are_read_when_their_turn_has_come_and_what_is_gone_is_no_fault_of_the_function() {
    List<String> keys = List.of(start("a"), start("a"), start("a"), start("a"));
    AtomicInteger read = new AtomicInteger();
    for (int i = 0; i < 10; i++) {
      gateway.start(
          new FunctionGateway.Start(
              "large-" + i + "/1",
              "a",
              () -> {
                read.incrementAndGet();
                throw new FunctionGateway.NoPayloadException(400, "It does not exist.", null);
              },
              "{}"));
    }
    assertThat(read).hasValue(0);
    service.succeed(keys.getFirst(), "1");
    assertThat(read).hasValue(10);
    assertThat(refused())
        .isEqualTo(
            new End.ServiceFailed("large-9/1", 400, "ClientException", "It does not exist."));
    assertThat(service.started).contains(start("a"));
  }

  @Test
  void a_free_place_is_said_and_a_line_takes_as_long_as_calls_took_so_far() {
    assertThat(gateway.load("a")).isEqualTo(new Load(true, 0, 0, 3, 4));
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      keys.add(start("a"));
    }
    clock.plusSeconds(8);
    // Nothing has ended: no less than those in flight have taken already, four places.
    assertThat(gateway.load("a")).isEqualTo(new Load(false, 2, 0, -1, 4));
    keys.forEach(key -> service.succeed(key, "1"));
    for (int i = 0; i < 10; i++) {
      start("a");
    }
    assertThat(gateway.load("a")).isEqualTo(new Load(false, 7 * 8 / 4.0, 6, -7, 4));
    assertThat(gateway.load("b")).as("all share the places").isEqualTo(gateway.load("a"));
  }

  @Test
  void the_line_of_a_reserved_function_is_its_own() {
    List<String> pair = List.of(start("pair"), start("pair"), start("pair"));
    clock.plusSeconds(10);
    assertThat(gateway.load("pair")).isEqualTo(new Load(false, 10, 1, -2, 2));
    assertThat(gateway.load("a")).as("two places are free").isEqualTo(new Load(true, 0, 0, 1, 4));
    service.refuse(pair.get(0), 429, "TooManyRequestsException", "Rate Exceeded.");
    assertThat(gateway.load("pair").waitSeconds()).as("a refusal is no run").isEqualTo(2.5);
  }

  @Test
  void those_that_wait_when_the_circuit_opens_end_at_once() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      keys.add(start("resize"));
    }
    for (int i = 0; i < 5; i++) {
      service.refuse(keys.get(i), 503, "ServiceUnavailableException", "down");
    }
    // Three more were sent before the fifth failure; the others never.
    assertThat(service.started).hasSize(8);
    assertThat(ends).hasSize(97);
  }
}
