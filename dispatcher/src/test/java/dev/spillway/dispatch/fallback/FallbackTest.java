package dev.spillway.dispatch.fallback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.JourneyEvent.CancelAsked;
import dev.spillway.dispatch.fallback.JourneyEvent.DependenciesEnded;
import dev.spillway.dispatch.fallback.JourneyEvent.Due;
import dev.spillway.dispatch.fallback.JourneyEvent.HopFailed;
import dev.spillway.dispatch.fallback.JourneyEvent.HopGone;
import dev.spillway.dispatch.fallback.JourneyEvent.HopMoved;
import dev.spillway.dispatch.fallback.JourneyEvent.HopSent;
import dev.spillway.dispatch.fallback.JourneyEvent.HopSucceeded;
import dev.spillway.dispatch.fallback.JourneyEvent.Phase;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FallbackTest {
  private static final Instant T0 = Instant.parse("2026-11-21T02:00:00Z");
  private static final FallbackRules RULES =
      DispatchDefaults.settings(Path.of("unused"), 1).fallback();
  private static final Orders ORDERS =
      new Orders(
          List.of(
              new Orders.Leg(Route.FUNCTION, 512, 512),
              new Orders.Leg(Route.BATCH_SPOT, 768, 512),
              new Orders.Leg(Route.BATCH_EC2, 768, 512)),
          RetryPolicy.NONE,
          Optional.empty());
  private static final Failure TIMED_OUT =
      Failure.ofFunction(
          "Sandbox.Timedout", "RequestId: r Error: Task timed out after 3.00 seconds");
  private static final Failure OUT_OF_MEMORY =
      Failure.ofFunction("java.lang.OutOfMemoryError", "Java heap space");
  private static final Failure DISK_FULL =
      Failure.ofFunction("java.io.IOException", "No space left on device");
  private static final Failure CIRCUIT_OPEN =
      Failure.ofService(503, "CircuitOpenException", "The circuit of function resize is open.");
  private static final Failure BROKEN = Failure.ofFunction("java.lang.IllegalStateException", "no");

  private static Journey begun(Orders orders) {
    return Fallback.begin(orders, List.of(), T0).journey();
  }

  private static Step step(Orders orders, Journey journey, JourneyEvent event) {
    return Fallback.step(orders, journey, event, RULES, T0.plusSeconds(10));
  }

  private static HopFailed failed(int hop, Failure failure) {
    return new HopFailed(hop, failure, List.of());
  }

  private static Failure job(String statusReason, Integer exitCode, String reason) {
    return Failure.ofJob(
        exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode),
        Optional.of(statusReason),
        Optional.ofNullable(reason));
  }

  @Test
  void a_route_failure_sends_the_same_input_to_the_next_route() {
    Step step = step(ORDERS, begun(ORDERS), failed(1, TIMED_OUT));
    assertThat(step.effects()).containsExactly(new Effect.StartHop(2));
    assertThat(step.journey().state().status()).isEqualTo(TaskStatus.RUNNABLE);
    assertThat(step.journey().hops())
        .extracting(Hop::status)
        .containsExactly(Hop.Status.FAILED, Hop.Status.OPEN);
    assertThat(step.journey().hops().getLast().route()).isEqualTo(Route.BATCH_SPOT);
    assertThat(step.journey().hops().getLast().memoryMib()).isEqualTo(768);
  }

  @Test
  void memory_is_raised_where_it_ran_out_and_stays_raised() {
    Failure oom = Failure.ofFunction("java.lang.OutOfMemoryError", "heap");
    Journey second = step(ORDERS, begun(ORDERS), failed(1, oom)).journey();
    assertThat(second.hops().getLast().memoryMib()).isEqualTo(1024);
    assertThat(second.hops().getLast().diskMib()).isEqualTo(512);
    Journey third =
        step(ORDERS, second, failed(2, job("Host EC2 (instance i-1) terminated.", null, null)))
            .journey();
    assertThat(third.hops().getLast().memoryMib()).isEqualTo(1024);
  }

  @Test
  void a_raise_has_a_cap() {
    FallbackRules capped =
        new FallbackRules(
            RULES.causes(),
            4,
            2,
            900,
            600,
            5,
            RULES.firstWait(),
            RULES.longestWait(),
            RULES.noCapacityAfter());
    assertThat(
            Fallback.step(ORDERS, begun(ORDERS), failed(1, OUT_OF_MEMORY), capped, T0)
                .journey()
                .hops()
                .getLast()
                .memoryMib())
        .isEqualTo(900);
    assertThat(
            Fallback.step(ORDERS, begun(ORDERS), failed(1, DISK_FULL), capped, T0)
                .journey()
                .hops()
                .getLast()
                .diskMib())
        .isEqualTo(600);
  }

  @ParameterizedTest
  @CsvSource({"1, 1769, 4096", "1, 6000, 8192", "0.25, 768, 1536", "8, 20000, 40960"})
  void fargate_is_asked_for_a_size_that_it_has(double vcpus, long had, long asked) {
    Orders orders =
        new Orders(
            List.of(
                new Orders.Leg(Route.FUNCTION, had, 512),
                new Orders.Leg(Route.BATCH_FARGATE, 512, 512, MemoryRange.fargate(vcpus), 0)),
            RetryPolicy.NONE,
            Optional.empty());
    assertThat(step(orders, begun(orders), failed(1, OUT_OF_MEMORY)).journey().hops().getLast())
        .returns(asked, Hop::memoryMib);
  }

  @Test
  void a_function_has_its_own_size_and_what_ran_out_before_it_is_not_forgotten() {
    Orders orders =
        new Orders(
            List.of(
                new Orders.Leg(Route.BATCH_SPOT, 1024, 512),
                new Orders.Leg(Route.FUNCTION, 512, 512),
                new Orders.Leg(Route.BATCH_EC2, 1024, 512)),
            RetryPolicy.NONE,
            Optional.empty());
    Journey second = step(orders, begun(orders), failed(1, OUT_OF_MEMORY)).journey();
    assertThat(second.hops().getLast().memoryMib()).isEqualTo(512);
    Journey third = step(orders, second, failed(2, TIMED_OUT)).journey();
    assertThat(third.hops().getLast().memoryMib()).isEqualTo(2048);
  }

  @Test
  void a_failure_of_the_code_tries_no_other_route() {
    Step step = step(ORDERS, begun(ORDERS), failed(1, BROKEN));
    assertThat(step.journey().state().status()).isEqualTo(TaskStatus.FAILED);
    assertThat(step.effects()).containsExactly(new Effect.ReleaseDependents(false));
  }

  @Test
  void the_codes_failures_follow_the_tasks_own_retries_on_the_same_route() {
    Orders three = new Orders(ORDERS.legs(), new RetryPolicy(3, List.of()), Optional.empty());
    Journey journey = begun(three);
    journey = step(three, journey, failed(1, BROKEN)).journey();
    journey = step(three, journey, failed(2, BROKEN)).journey();
    assertThat(journey.state().status()).isEqualTo(TaskStatus.RUNNABLE);
    journey = step(three, journey, failed(3, BROKEN)).journey();
    assertThat(journey.state().status()).isEqualTo(TaskStatus.FAILED);
    assertThat(journey.hops()).extracting(Hop::route).containsOnly(Route.FUNCTION).hasSize(3);
  }

  @Test
  void the_first_matching_retry_rule_decides() {
    RetryPolicy policy =
        new RetryPolicy(
            5, List.of(rule(null, "Busy*", true), rule("75", null, true), rule("*", null, false)));
    assertThat(policy.again(1, Failure.ofFunction("BusyNow", "x"))).isTrue();
    assertThat(policy.again(1, job("Essential container in task exited", 75, null))).isTrue();
    assertThat(policy.again(1, job("Essential container in task exited", 1, null))).isFalse();
    assertThat(policy.again(5, Failure.ofFunction("BusyNow", "x"))).isFalse();
  }

  private static RetryPolicy.Rule rule(String exitCode, String errorType, boolean retry) {
    return new RetryPolicy.Rule(
        Optional.ofNullable(exitCode),
        Optional.empty(),
        Optional.empty(),
        Optional.ofNullable(errorType),
        retry);
  }

  @Test
  void the_limit_of_a_job_is_the_users_and_no_other_route_is_tried() {
    Journey onBatch = step(ORDERS, begun(ORDERS), failed(1, TIMED_OUT)).journey();
    Step step =
        step(ORDERS, onBatch, failed(2, job("Job attempt duration exceeded timeout", 137, null)));
    assertThat(step.journey().state().status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void the_users_own_limit_stops_a_function() {
    Orders limited =
        new Orders(ORDERS.legs(), RetryPolicy.NONE, Optional.of(Duration.ofSeconds(2)));
    Journey running =
        Fallback.step(
                limited,
                begun(limited),
                new HopMoved(1, Phase.RUNNING, Optional.empty()),
                RULES,
                T0)
            .journey();
    assertThat(running.wakeAt()).contains(T0.plusSeconds(2));
    Step over = Fallback.step(limited, running, new Due(), RULES, T0.plusSeconds(2));
    assertThat(over.effects())
        .containsExactly(
            new Effect.CancelHop(1, "It ran longer than your timeout of 2 s."),
            new Effect.ReleaseDependents(false));
    assertThat(over.journey().state().status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void a_cancelled_task_fails_with_the_users_reason_and_a_late_success_does_not_count() {
    Step cancelled = step(ORDERS, begun(ORDERS), new CancelAsked("enough of it"));
    assertThat(cancelled.journey().state())
        .isEqualTo(new TaskState.Failed(T0.plusSeconds(10), "enough of it"));
    assertThat(cancelled.effects())
        .containsExactly(
            new Effect.CancelHop(1, "enough of it"), new Effect.ReleaseDependents(false));
    Step late = step(ORDERS, cancelled.journey(), new HopSucceeded(1, List.of()));
    assertThat(late.journey().state()).isEqualTo(cancelled.journey().state());
    assertThat(late.journey().hops().getFirst().late()).isTrue();
    assertThat(late.effects()).isEmpty();
  }

  @Test
  void a_job_that_is_known_after_the_cancel_is_stopped() {
    Journey onBatch = step(ORDERS, begun(ORDERS), failed(1, TIMED_OUT)).journey();
    Journey cancelled = step(ORDERS, onBatch, new CancelAsked("no")).journey();
    assertThat(step(ORDERS, cancelled, new HopSent(2, Optional.of("job-1"))).effects())
        .containsExactly(new Effect.CancelHop(2, "no"));
  }

  @Test
  void a_task_waits_for_all_of_its_dependencies_and_fails_with_the_first() {
    Journey waiting = Fallback.begin(ORDERS, List.of("a", "b"), T0).journey();
    Journey one = step(ORDERS, waiting, new DependenciesEnded(Map.of("a", true))).journey();
    assertThat(one.state()).isEqualTo(new TaskState.Pending(T0, List.of("b")));
    assertThat(step(ORDERS, one, new DependenciesEnded(Map.of("b", true))).effects())
        .containsExactly(new Effect.StartHop(1));
    assertThat(step(ORDERS, one, new DependenciesEnded(Map.of("b", false))).journey().state())
        .isEqualTo(new TaskState.Failed(T0.plusSeconds(10), "Dependent task failed: b"));
  }

  @Test
  void news_of_one_dependency_does_not_keep_a_task_from_looking_for_the_others() {
    Journey waiting = Fallback.begin(ORDERS, List.of("ended before", "b"), T0).journey();
    Journey told = step(ORDERS, waiting, new DependenciesEnded(Map.of("b", true))).journey();
    assertThat(told.wakeAt()).contains(T0);
    Journey looked = step(ORDERS, told, new DependenciesEnded(Map.of())).journey();
    assertThat(step(ORDERS, looked, new Due()).journey().wakeAt()).isEmpty();
  }

  @Test
  void nothing_moves_a_task_that_has_ended() {
    Journey done = step(ORDERS, begun(ORDERS), new HopSucceeded(1, List.of())).journey();
    for (JourneyEvent event : any()) {
      assertThat(step(ORDERS, done, event).journey()).as(event.toString()).isEqualTo(done);
      assertThat(step(ORDERS, done, event).effects()).isEmpty();
    }
  }

  private static List<JourneyEvent> any() {
    return List.of(
        new DependenciesEnded(Map.of("a", false)),
        new Due(),
        new HopSent(1, Optional.of("job-9")),
        new HopMoved(1, Phase.RUNNING, Optional.empty()),
        new HopMoved(1, Phase.QUEUED, Optional.empty()),
        new HopSucceeded(1, List.of()),
        failed(1, BROKEN),
        failed(1, TIMED_OUT),
        new HopGone(1),
        new HopSucceeded(7, List.of()),
        new CancelAsked("x"));
  }

  @Test
  void whatever_happens_a_task_ends_once_within_its_tries() {
    for (long seed = 1; seed <= 1_000; seed++) {
      Random random = new Random(seed);
      int attempts = 1 + random.nextInt(3);
      Orders orders =
          new Orders(
              ORDERS.legs().subList(0, 1 + random.nextInt(3)),
              new RetryPolicy(attempts, List.of()),
              random.nextBoolean() ? Optional.empty() : Optional.of(Duration.ofSeconds(5)));
      Journey journey = begun(orders);
      int ends = 0;
      Instant now = T0;
      for (int i = 0; i < 60; i++) {
        now = now.plusSeconds(random.nextInt(10) == 0 ? 600 : random.nextInt(5));
        JourneyEvent event = random(random, journey);
        Step step = Fallback.step(orders, journey, event, RULES, now);
        boolean before = journey.state().terminal();
        journey = step.journey();
        if (journey.state().terminal() && !before) {
          ends++;
          assertThat(step.effects()).anyMatch(e -> e instanceof Effect.ReleaseDependents);
        }
        assertThat(before && !journey.state().terminal())
            .as("seed %d left its end", seed)
            .isFalse();
        assertThat(journey.hops().stream().filter(h -> h.status() == Hop.Status.OPEN).count())
            .as("seed %d: open hops", seed)
            .isLessThanOrEqualTo(1);
        assertThat(journey.hops().stream().filter(h -> h.status() == Hop.Status.SUCCEEDED).count())
            .as("seed %d: successes", seed)
            .isLessThanOrEqualTo(1);
        assertThat(journey.hops().stream().map(Hop::leg).distinct().count())
            .as("seed %d: routes", seed)
            .isLessThanOrEqualTo(RULES.maxHops());
        assertThat(
                journey.hops().stream()
                    .filter(h -> !h.cause().equals(Optional.of(Cause.NO_CAPACITY)))
                    .count())
            .as("seed %d: tries", seed)
            .isLessThanOrEqualTo(orders.legs().size() + attempts - 1);
        assertThat(journey.state().terminal() || journey.openHop().isPresent())
            .as("seed %d: a task that has not ended has an open hop", seed)
            .isTrue();
      }
      assertThat(ends).as("seed %d", seed).isLessThanOrEqualTo(1);
    }
  }

  private static JourneyEvent random(Random random, Journey journey) {
    int hop = 1 + random.nextInt(journey.hops().size() + 1);
    return switch (random.nextInt(15)) {
      case 14 -> failed(hop, random.nextBoolean() ? CIRCUIT_OPEN : OUT_OF_MEMORY);
      case 0, 1, 2 -> failed(hop, TIMED_OUT);
      case 3, 4 -> failed(hop, BROKEN);
      case 5 -> failed(hop, Failure.ofService(429, "TooManyRequestsException", "Rate Exceeded."));
      case 6, 7 -> new Due();
      case 8 -> new HopSucceeded(hop, List.of());
      case 9 -> new HopMoved(hop, Phase.RUNNING, Optional.empty());
      case 10 -> new HopMoved(hop, Phase.QUEUED, Optional.of("CAPACITY"));
      case 11 -> new HopSent(hop, Optional.of("job-" + hop));
      case 12 -> random.nextInt(8) == 0 ? new CancelAsked("x") : new Due();
      default -> failed(hop, Failure.ofService(404, "ResourceNotFoundException", "x"));
    };
  }
}
