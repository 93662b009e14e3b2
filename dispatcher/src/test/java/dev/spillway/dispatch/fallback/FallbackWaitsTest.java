package dev.spillway.dispatch.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.spillway.dispatch.fallback.JourneyEvent.Due;
import dev.spillway.dispatch.fallback.JourneyEvent.HopFailed;
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
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a hop waits for, and when it no longer does. */
class FallbackWaitsTest {
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
  private static final Failure CIRCUIT_OPEN =
      Failure.ofService(503, "CircuitOpenException", "The circuit of function resize is open.");

  private static Journey begun(Orders orders) {
    return Fallback.begin(orders, List.of(), T0).journey();
  }

  private static Step step(Orders orders, Journey journey, JourneyEvent event) {
    return Fallback.step(orders, journey, event, RULES, T0.plusSeconds(10));
  }

  private static HopFailed failed(int hop, Failure failure) {
    return new HopFailed(hop, failure, List.of());
  }

  @Test
  void a_throttle_is_waited_for_before_the_next_route_is_taken() {
    Failure throttle = Failure.ofService(429, "TooManyRequestsException", "Rate Exceeded.");
    Journey journey = begun(ORDERS);
    Instant now = T0;
    for (int i = 0; i < RULES.mostWaits(); i++) {
      Step waits = Fallback.step(ORDERS, journey, failed(1, throttle), RULES, now);
      assertThat(waits.effects()).isEmpty();
      Duration wait = Duration.between(now, waits.journey().wakeAt().orElseThrow());
      assertThat(wait).isEqualTo(Duration.ofSeconds(1L << i));
      assertThat(Fallback.step(ORDERS, waits.journey(), new Due(), RULES, now).effects()).isEmpty();
      now = now.plus(wait);
      Step again = Fallback.step(ORDERS, waits.journey(), new Due(), RULES, now);
      assertThat(again.effects()).containsExactly(new Effect.StartHop(1));
      journey = again.journey();
    }
    Step next = Fallback.step(ORDERS, journey, failed(1, throttle), RULES, now);
    assertThat(next.effects()).containsExactly(new Effect.StartHop(2));
    assertThat(next.journey().hops().getFirst().cause()).contains(Cause.THROTTLED);
  }

  @Test
  void a_start_that_is_heard_after_its_refusal_does_not_stop_the_wait() {
    Failure throttle = Failure.ofService(429, "TooManyRequestsException", "Rate Exceeded.");
    Journey waits = step(ORDERS, begun(ORDERS), failed(1, throttle)).journey();
    for (Phase phase : Phase.values()) {
      assertThat(step(ORDERS, waits, new HopMoved(1, phase, Optional.empty())).journey())
          .as("%s", phase)
          .isEqualTo(waits);
    }
  }

  @Test
  void an_open_circuit_takes_the_next_route_at_once() {
    Step step = step(ORDERS, begun(ORDERS), failed(1, CIRCUIT_OPEN));
    assertThat(step.effects()).containsExactly(new Effect.StartHop(2));
    assertThat(step.journey().hops().getFirst().cause()).contains(Cause.CIRCUIT_OPEN);
  }

  @Test
  void an_open_circuit_without_another_route_is_waited_for_until_it_closes() {
    Orders only = new Orders(ORDERS.legs().subList(0, 1), RetryPolicy.NONE, Optional.empty());
    Journey journey = begun(only);
    Instant now = T0;
    for (int i = 0; i < 3 * RULES.mostWaits(); i++) {
      Journey waits = Fallback.step(only, journey, failed(1, CIRCUIT_OPEN), RULES, now).journey();
      assertThat(waits.waitsToBeSent()).isTrue();
      assertThat(waits.wakeAt().orElseThrow())
          .isBetween(now.plus(RULES.firstWait()), now.plus(RULES.longestWait()));
      now = waits.wakeAt().orElseThrow();
      Step again = Fallback.step(only, waits, new Due(), RULES, now);
      assertThat(again.effects()).containsExactly(new Effect.StartHop(1));
      journey = again.journey();
    }
    assertThat(Fallback.step(only, journey, new HopSucceeded(1, List.of()), RULES, now).journey())
        .returns(TaskStatus.SUCCEEDED, j -> j.state().status());
  }

  @Test
  void when_the_routes_after_it_have_failed_the_queue_without_a_place_is_gone_back_to() {
    Orders batchFirst =
        new Orders(
            List.of(ORDERS.legs().get(1), ORDERS.legs().get(0)),
            RetryPolicy.NONE,
            Optional.empty());
    Journey queued =
        step(batchFirst, begun(batchFirst), new HopSent(1, Optional.of("job-1"))).journey();
    Instant over = queued.wakeAt().orElseThrow();
    Journey onFunction = Fallback.step(batchFirst, queued, new Due(), RULES, over).journey();
    Step back =
        Fallback.step(
            batchFirst,
            onFunction,
            failed(2, Failure.ofFunction("Sandbox.Timedout", "Task timed out after 3.00 seconds")),
            RULES,
            over);
    assertThat(back.effects()).containsExactly(new Effect.StartHop(3));
    assertThat(back.journey().hops().getLast().route()).isEqualTo(Route.BATCH_SPOT);
    Journey waits =
        Fallback.step(batchFirst, back.journey(), new HopSent(3, Optional.of("job-2")), RULES, over)
            .journey();
    assertThat(waits.wakeAt()).as("now it waits for as long as it takes").isEmpty();
    Journey failed =
        Fallback.step(
                batchFirst,
                waits,
                failed(
                    3,
                    Failure.ofJob(
                        OptionalInt.empty(),
                        Optional.of("Host EC2 (instance i-1) terminated."),
                        Optional.empty())),
                RULES,
                over)
            .journey();
    assertThat(failed.state().status()).as("it is gone back to once").isEqualTo(TaskStatus.FAILED);
  }

  private static final Orders ON_BATCH =
      new Orders(ORDERS.legs().subList(1, 3), RetryPolicy.NONE, Optional.empty());

  private static Journey queued(Orders orders) {
    return Fallback.step(orders, begun(orders), new HopSent(1, Optional.of("job-1")), RULES, T0)
        .journey();
  }

  @Test
  void a_job_that_gets_no_place_in_time_is_given_up_for_the_next_route() {
    Journey waits = queued(ON_BATCH);
    Instant end = T0.plus(RULES.noCapacityAfter());
    assertThat(waits.givenUpAt()).contains(end);
    assertThat(waits.waitsToBeSent()).isFalse();
    Step early = Fallback.step(ON_BATCH, waits, new Due(), RULES, end.minusMillis(1));
    assertThat(early.journey()).isEqualTo(waits);
    Journey told =
        Fallback.step(
                ON_BATCH,
                waits,
                new HopMoved(1, Phase.QUEUED, Optional.of("CAPACITY:NONE")),
                RULES,
                T0.plusSeconds(9))
            .journey();
    Step over = Fallback.step(ON_BATCH, told, new Due(), RULES, end);
    assertThat(over.effects())
        .containsExactly(
            new Effect.CancelHop(1, "It got no place in 10 min; the queue said: CAPACITY:NONE"),
            new Effect.StartHop(2));
    assertThat(over.journey().hops())
        .extracting(Hop::status, Hop::route)
        .containsExactly(
            tuple(Hop.Status.ABANDONED, Route.BATCH_SPOT), tuple(Hop.Status.OPEN, Route.BATCH_EC2));
    assertThat(over.journey().hops().getFirst().cause()).contains(Cause.NO_CAPACITY);
    Journey ended =
        step(
                ON_BATCH,
                over.journey(),
                failed(
                    1,
                    Failure.ofJob(
                        OptionalInt.empty(), Optional.of("It got no place"), Optional.empty())))
            .journey();
    assertThat(ended.hops().getFirst())
        .returns(Hop.Status.STOPPED, Hop::status)
        .returns(false, Hop::late);
  }

  @Test
  void a_job_without_another_route_waits_for_a_place_for_ever() {
    Orders last = new Orders(ORDERS.legs().subList(1, 2), RetryPolicy.NONE, Optional.empty());
    assertThat(queued(last).wakeAt()).isEmpty();
    Step due = Fallback.step(last, queued(last).wakingAt(T0), new Due(), RULES, T0.plusSeconds(1));
    assertThat(due.effects()).isEmpty();
    assertThat(due.journey()).isEqualTo(queued(last));
  }

  @Test
  void the_time_in_the_queue_ends_with_the_start_and_begins_anew_after_a_lost_host() {
    Journey starting =
        step(ON_BATCH, queued(ON_BATCH), new HopMoved(1, Phase.STARTING, Optional.empty()))
            .journey();
    assertThat(starting.wakeAt()).isEmpty();
    Journey running =
        step(ON_BATCH, starting, new HopMoved(1, Phase.RUNNING, Optional.empty())).journey();
    assertThat(running.wakeAt()).isEmpty();
    Journey again =
        step(ON_BATCH, running, new HopMoved(1, Phase.QUEUED, Optional.empty())).journey();
    assertThat(again.givenUpAt()).contains(T0.plusSeconds(10).plus(RULES.noCapacityAfter()));
  }

  private static Orders.Leg leg(Route route, double risk) {
    return new Orders.Leg(route, 512, 512, MemoryRange.ANY, risk);
  }

  private static Orders orders(Orders.Leg... legs) {
    return new Orders(List.of(legs), RetryPolicy.NONE, Optional.empty());
  }

  @Test
  void a_full_queue_is_not_left_for_a_risky_route() {
    Orders orders = orders(leg(Route.BATCH_SPOT, 0), leg(Route.FUNCTION, 0.13));
    Journey queued = step(orders, begun(orders), new HopSent(1, Optional.of("job-1"))).journey();
    assertThat(queued.wakeAt()).as("it goes on waiting").isEmpty();
    Step lost =
        step(orders, queued, failed(1, Failure.ofService(400, "ClientException", "No queue.")));
    assertThat(lost.journey().lastHop().map(Hop::route))
        .as("but a queue that is not there is")
        .contains(Route.FUNCTION);
  }

  @Test
  void a_full_queue_is_left_for_the_first_route_that_will_do() {
    Orders orders =
        orders(leg(Route.BATCH_SPOT, 0), leg(Route.FUNCTION, 0.13), leg(Route.BATCH_EC2, 0.12));
    Journey queued = step(orders, begun(orders), new HopSent(1, Optional.of("job-1"))).journey();
    Step left = Fallback.step(orders, queued, new Due(), RULES, queued.wakeAt().orElseThrow());
    assertThat(left.journey().lastHop().map(Hop::route)).contains(Route.BATCH_EC2);
    assertThat(left.effects()).contains(new Effect.StartHop(2));
  }
}
