package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.Effect.CancelHop;
import dev.spillway.dispatch.fallback.Effect.ReleaseDependents;
import dev.spillway.dispatch.fallback.Effect.StartHop;
import dev.spillway.dispatch.fallback.JourneyEvent.CancelAsked;
import dev.spillway.dispatch.fallback.JourneyEvent.DependenciesEnded;
import dev.spillway.dispatch.fallback.JourneyEvent.Due;
import dev.spillway.dispatch.fallback.JourneyEvent.HopFailed;
import dev.spillway.dispatch.fallback.JourneyEvent.HopGone;
import dev.spillway.dispatch.fallback.JourneyEvent.HopMoved;
import dev.spillway.dispatch.fallback.JourneyEvent.HopPacked;
import dev.spillway.dispatch.fallback.JourneyEvent.HopSent;
import dev.spillway.dispatch.fallback.JourneyEvent.HopSucceeded;
import dev.spillway.dispatch.fallback.JourneyEvent.Postponed;
import dev.spillway.dispatch.routing.Amounts;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Every move a task can make.
 *
 * <p>Shape: pure. A route failure opens the next leg with the same input; a failure of the code
 * follows the task's own retry policy, on the same leg; what passes by itself is waited for under
 * the same hop key. An event that says nothing new returns the journey unchanged, so events may
 * come twice, late and in any order.
 *
 * <p>What cannot happen: a move out of SUCCEEDED or FAILED; two open hops; a success taken from a
 * hop that was given up (it is marked late).
 */
public final class Fallback {
  private Fallback() {}

  /**
   * The first step of a new task: it waits for others, or its first hop is opened.
   *
   * @param waitingFor task ids
   */
  public static Step begin(Orders orders, List<String> waitingFor, Instant now) {
    if (!waitingFor.isEmpty()) {
      // The wake-up looks at tasks that ended before this one was on disk.
      return new Step(
          new Journey(new TaskState.Pending(now, waitingFor), List.of(), Optional.of(now)),
          List.of());
    }
    return NextHop.first(
        orders, new Journey(new TaskState.Runnable(now), List.of(), Optional.empty()), now);
  }

  /** One event. */
  public static Step step(
      Orders orders, Journey journey, JourneyEvent event, FallbackRules rules, Instant now) {
    return switch (event) {
      case DependenciesEnded e -> dependencies(orders, journey, e, now);
      case Due() -> due(orders, journey, rules, now);
      case Postponed(Instant until) ->
          journey.wakeAt().isPresent() && !journey.state().terminal()
              ? quiet(journey.wakingAt(until))
              : quiet(journey);
      case HopPacked e -> InPlace.packed(journey, e);
      case HopSent e -> InPlace.sent(orders, journey, e, rules, now);
      case HopMoved e -> InPlace.moved(orders, journey, e, rules, now);
      case HopSucceeded e -> succeeded(journey, e, now);
      case HopFailed e -> failed(orders, journey, e, rules, now);
      case HopGone(int hop) ->
          journey
              .hop(hop)
              .filter(h -> h.status() == Hop.Status.ABANDONED && !h.late())
              .map(h -> quiet(journey.with(h.endedLate(false, h.attempts()))))
              .orElse(quiet(journey));
      case CancelAsked(String reason) -> cancel(journey, reason, now);
    };
  }

  private static Step dependencies(
      Orders orders, Journey journey, DependenciesEnded event, Instant now) {
    if (!(journey.state() instanceof TaskState.Pending pending)) {
      return quiet(journey);
    }
    for (String id : pending.waitingFor()) {
      if (Boolean.FALSE.equals(event.ended().get(id))) {
        return end(journey, new TaskState.Failed(now, "Dependent task failed: " + id), false);
      }
    }
    List<String> left =
        pending.waitingFor().stream().filter(id -> !event.ended().containsKey(id)).toList();
    if (left.isEmpty()) {
      return NextHop.first(orders, journey.sleeping(), now);
    }
    return quiet(journey.in(new TaskState.Pending(pending.since(), left)).sleeping());
  }

  private static Step due(Orders orders, Journey journey, FallbackRules rules, Instant now) {
    if (journey.wakeAt().isEmpty() || journey.wakeAt().get().isAfter(now)) {
      return quiet(journey);
    }
    Optional<Hop> open = journey.openHop();
    return switch (journey.state()) {
      case TaskState.Runnable _ when journey.waitsToBeSent() ->
          new Step(journey.sleeping(), List.of(new StartHop(open.orElseThrow().number())));
      case TaskState.Runnable r when open.isPresent() ->
          InPlace.noCapacity(orders, journey, open.get(), r.since(), rules, now);
      case TaskState.Running _ when open.isPresent() -> overtime(orders, journey, open.get(), now);
      case TaskState.Pending _,
          TaskState.Runnable _,
          TaskState.Starting _,
          TaskState.Running _,
          TaskState.Succeeded _,
          TaskState.Failed _ ->
          quiet(journey.sleeping());
    };
  }

  /** The user's own limit on a function; Batch keeps its limit itself. */
  private static Step overtime(Orders orders, Journey journey, Hop hop, Instant now) {
    Optional<Instant> end =
        orders.timeout().flatMap(limit -> hop.startedAt().map(start -> start.plus(limit)));
    if (end.isEmpty() || end.get().isAfter(now) || hop.route().batch()) {
      return quiet(journey.sleeping());
    }
    String reason =
        "It ran longer than your timeout of " + Amounts.time(orders.timeout().get()) + ".";
    Journey given = journey.with(hop.abandoned(Optional.of(Cause.TIMEOUT), reason, now));
    Step ended = end(given, new TaskState.Failed(now, reason), false);
    return new Step(
        ended.journey(),
        List.of(new CancelHop(hop.number(), reason), new ReleaseDependents(false)));
  }

  private static Step succeeded(Journey journey, HopSucceeded event, Instant now) {
    Optional<Hop> hop = journey.hop(event.hop());
    if (hop.isEmpty() || !hop.get().live()) {
      return quiet(journey);
    }
    if (hop.get().status() == Hop.Status.ABANDONED) {
      return quiet(journey.with(hop.get().endedLate(true, event.attempts())));
    }
    return end(
        journey.with(hop.get().succeeded(stopped(event.attempts(), now), event.attempts())),
        new TaskState.Succeeded(now, event.hop()),
        true);
  }

  private static Step failed(
      Orders orders, Journey journey, HopFailed event, FallbackRules rules, Instant now) {
    Optional<Hop> found = journey.hop(event.hop());
    if (found.isEmpty() || !found.get().live()) {
      return quiet(journey);
    }
    Hop hop = found.get();
    if (hop.status() == Hop.Status.ABANDONED) {
      return quiet(journey.with(hop.endedLate(false, event.attempts())));
    }
    Cause cause = rules.causes().classify(event.failure());
    String text = event.failure().text();
    // An open circuit is like a full queue: the next route at once, or a wait until it closes.
    boolean waits =
        cause == Cause.CIRCUIT_OPEN
            ? NextHop.after(orders, journey, hop, rules).isEmpty()
            : cause.passing() && hop.waits() < rules.mostWaits();
    if (waits) {
      Hop waiting = hop.waitingAgain(cause, text);
      return quiet(
          journey
              .in(new TaskState.Runnable(now))
              .with(waiting)
              .wakingAt(now.plus(rules.waiting(waiting.waits()))));
    }
    Hop over = hop.failed(cause, text, stopped(event.attempts(), now), event.attempts());
    Journey after = journey.with(over).sleeping();
    if (cause == Cause.APPLICATION) {
      return codeFailed(orders, after, over, event.failure(), now);
    }
    if (cause == Cause.TIMEOUT && hop.route().batch()) {
      // Only the user's or the definition's own limit ends a job in time: no other route is longer.
      return end(after, new TaskState.Failed(now, text), false);
    }
    return nextRoute(orders, after, over, rules, now);
  }

  private static Step codeFailed(
      Orders orders, Journey journey, Hop over, Failure failure, Instant now) {
    int failures =
        (int)
            journey.hops().stream()
                .filter(h -> h.cause().equals(Optional.of(Cause.APPLICATION)))
                .count();
    return orders.retry().again(failures, failure)
        ? NextHop.again(orders, journey, over, now)
        : end(journey, new TaskState.Failed(now, over.error().orElseThrow()), false);
  }

  private static Step nextRoute(
      Orders orders, Journey journey, Hop over, FallbackRules rules, Instant now) {
    OptionalInt next = NextHop.after(orders, journey, over, rules);
    if (next.isPresent()) {
      return NextHop.raised(orders, journey, next.getAsInt(), rules, now);
    }
    Optional<Hop> left = NextHop.leftInItsQueue(journey);
    if (left.isPresent()) {
      return NextHop.back(orders, journey, left.get(), rules, now);
    }
    String why =
        over.leg() + 1 >= orders.legs().size()
            ? "no other route can take it"
            : "no more than " + rules.maxHops() + " routes are tried";
    return end(
        journey, new TaskState.Failed(now, over.error().orElseThrow() + " (" + why + ")"), false);
  }

  private static Step cancel(Journey journey, String reason, Instant now) {
    if (journey.state().terminal()) {
      return quiet(journey);
    }
    Optional<Hop> open = journey.openHop();
    Journey given =
        open.map(h -> journey.with(h.abandoned(Optional.empty(), reason, now))).orElse(journey);
    Step ended = end(given, new TaskState.Failed(now, reason), false);
    return open.map(
            h ->
                new Step(
                    ended.journey(),
                    List.of(new CancelHop(h.number(), reason), new ReleaseDependents(false))))
        .orElse(ended);
  }

  private static Step end(Journey journey, TaskState state, boolean success) {
    return new Step(journey.in(state).sleeping(), List.of(new ReleaseDependents(success)));
  }

  private static Step quiet(Journey journey) {
    return new Step(journey, List.of());
  }

  /** When the last attempt stopped, as its place saw it. */
  private static Instant stopped(List<Hop.Attempt> attempts, Instant now) {
    return attempts.isEmpty() ? now : attempts.getLast().stoppedAt().orElse(now);
  }
}
