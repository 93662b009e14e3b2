package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.Effect.CancelHop;
import dev.spillway.dispatch.fallback.JourneyEvent.HopMoved;
import dev.spillway.dispatch.fallback.JourneyEvent.HopPacked;
import dev.spillway.dispatch.fallback.JourneyEvent.HopSent;
import dev.spillway.dispatch.routing.Amounts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A hop that a place has: it waits, starts, runs, or has waited for too long. */
final class InPlace {
  private InPlace() {}

  /**
   * A hop that has a job, or waits to be sent again, takes no place in a pack. One that was given
   * up a moment ago does: so its job is found, and stopped, over any crash.
   */
  static Step packed(Journey journey, HopPacked event) {
    Optional<Hop> hop =
        journey
            .hop(event.hop())
            .filter(
                h ->
                    event.pack().isPresent()
                        ? h.live() && h.jobId().isEmpty() && !journey.waitsToBeSent()
                        : h.status() == Hop.Status.OPEN);
    return new Step(hop.map(h -> journey.with(h.packed(event.pack()))).orElse(journey), List.of());
  }

  static Step sent(
      Orders orders, Journey journey, HopSent event, FallbackRules rules, Instant now) {
    Optional<Hop> hop = journey.hop(event.hop()).filter(Hop::live);
    if (hop.isEmpty() || hop.get().sent(event.jobId()).equals(hop.get())) {
      return new Step(journey, List.of());
    }
    Hop known = hop.get().sent(event.jobId());
    if (known.status() == Hop.Status.ABANDONED) {
      return new Step(
          journey.with(known),
          List.of(new CancelHop(known.number(), known.error().orElse("given up"))));
    }
    Journey sent = journey.with(known);
    return new Step(
        journey.state() instanceof TaskState.Runnable
            ? queued(orders, sent, known, rules, now)
            : sent,
        List.of());
  }

  static Step moved(
      Orders orders, Journey journey, HopMoved event, FallbackRules rules, Instant now) {
    Optional<Hop> found = journey.hop(event.hop()).filter(h -> h.status() == Hop.Status.OPEN);
    // Told by the try that was not taken in: its start may be heard after its refusal, and would
    // end the wait for the next try.
    boolean stale = journey.waitsToBeSent();
    if (found.isEmpty() || stale || journey.state().terminal()) {
      return new Step(journey, List.of());
    }
    return new Step(moved(orders, journey, found.get(), event, rules, now), List.of());
  }

  private static Journey moved(
      Orders orders, Journey journey, Hop hop, HopMoved event, FallbackRules rules, Instant now) {
    TaskState state = journey.state();
    return switch (event.phase()) {
      case QUEUED -> {
        // Back from RUNNING: it is run again after a restart or a lost host, so its time counts
        // from new.
        Journey queued =
            state instanceof TaskState.Runnable
                ? journey
                : queued(orders, journey.in(new TaskState.Runnable(now)), hop, rules, now);
        yield queued.with(hop.noted(event.note()));
      }
      case STARTING ->
          state instanceof TaskState.Starting
              ? journey
              : journey.in(new TaskState.Starting(now)).sleeping().with(hop.noted(event.note()));
      case RUNNING -> {
        if (state instanceof TaskState.Running && hop.startedAt().isPresent()) {
          yield journey;
        }
        Journey running = journey.in(new TaskState.Running(now)).with(hop.started(now)).sleeping();
        Optional<Duration> limit = orders.timeout().filter(_ -> !hop.route().batch());
        yield limit.map(l -> running.wakingAt(now.plus(l))).orElse(running);
      }
    };
  }

  /** A job without another route that will do may wait for ever. */
  private static Journey queued(
      Orders orders, Journey journey, Hop hop, FallbackRules rules, Instant now) {
    return hop.jobId().isPresent() && NextHop.afterQueue(orders, journey, hop, rules).isPresent()
        ? journey.wakingAt(now.plus(rules.noCapacityAfter()))
        : journey.sleeping();
  }

  /** Its time in the queue is over: the job is given up, and the next route gets the input. */
  static Step noCapacity(
      Orders orders, Journey journey, Hop hop, Instant queuedAt, FallbackRules rules, Instant now) {
    OptionalInt next = NextHop.afterQueue(orders, journey, hop, rules);
    if (next.isEmpty()) {
      return new Step(journey.sleeping(), List.of());
    }
    String reason =
        "It got no place in "
            + Amounts.time(Duration.between(queuedAt, now))
            + hop.note().map(note -> "; the queue said: " + note).orElse("");
    Journey given = journey.with(hop.abandoned(Optional.of(Cause.NO_CAPACITY), reason, now));
    Step opened = NextHop.raised(orders, given, next.getAsInt(), rules, now);
    List<Effect> effects = new ArrayList<>();
    effects.add(new CancelHop(hop.number(), reason));
    effects.addAll(opened.effects());
    return new Step(opened.journey(), effects);
  }
}
