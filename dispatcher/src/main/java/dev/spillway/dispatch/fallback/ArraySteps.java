package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.ArrayState.Planned;
import dev.spillway.dispatch.fallback.ArrayState.Work;
import dev.spillway.dispatch.routing.Amounts;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Every move the parent of an array can make.
 *
 * <p>Shape: pure. The parent is PENDING while it waits for other tasks, RUNNABLE until it is
 * planned, RUNNING while children are left. It has no hops; its stored wake-up is due as long as
 * {@link ArrayState#next} has something to do. <br>
 * Its end: SUCCEEDED when all children have, FAILED when all have ended and one failed. Children do
 * not stop each other. <br>
 * Source: AWS Batch User Guide, "Array jobs".
 */
public final class ArraySteps {
  private static final int FAILURES_NAMED = 3;

  private ArraySteps() {}

  /** The first step of a new array. */
  public static Journey begin(List<String> waitingFor, Instant now) {
    TaskState state =
        waitingFor.isEmpty() ? new TaskState.Runnable(now) : new TaskState.Pending(now, waitingFor);
    return new Journey(state, List.of(), Optional.of(now));
  }

  /** One event. */
  public static ArrayStep step(Journey journey, ArrayState array, ArrayEvent event, Instant now) {
    if (journey.state().terminal()) {
      return new ArrayStep(journey, array, false);
    }
    return switch (event) {
      case ArrayEvent.DependenciesEnded e -> dependencies(journey, array, e, now);
      case ArrayEvent.Planned(int size, int canary, var source, var plan) ->
          array.planned() == Planned.NOTHING && journey.state() instanceof TaskState.Runnable
              ? settled(
                  journey.in(new TaskState.Running(now)),
                  array
                      .read(size, canary, source)
                      .planned(plan, canary > 0 ? Planned.CANARY : Planned.ALL),
                  now)
              : new ArrayStep(journey, array, false);
      case ArrayEvent.RestPlanned(var plan) ->
          array.planned() == Planned.CANARY && array.canaryEnded()
              ? settled(journey, array.planned(plan, Planned.ALL), now)
              : new ArrayStep(journey, array, false);
      case ArrayEvent.Made(int upTo) -> settled(journey, array.madeUpTo(upTo), now);
      case ArrayEvent.ChildrenEnded(var ended) -> settled(journey, array.ended(ended), now);
      case ArrayEvent.Postponed(Instant until) ->
          new ArrayStep(journey.wakingAt(until), array, false);
      case ArrayEvent.StopAsked(String reason) -> stop(journey, array.stoppingFor(reason), now);
      case ArrayEvent.Looked() ->
          journey.state() instanceof TaskState.Pending
              ? new ArrayStep(journey.sleeping(), array, false)
              : settled(journey, array, now);
    };
  }

  private static ArrayStep dependencies(
      Journey journey, ArrayState array, ArrayEvent.DependenciesEnded event, Instant now) {
    if (!(journey.state() instanceof TaskState.Pending pending)) {
      return new ArrayStep(journey, array, false);
    }
    for (String id : pending.waitingFor()) {
      if (Boolean.FALSE.equals(event.ended().get(id))) {
        return stop(journey, array.stoppingFor("Dependent task failed: " + id), now);
      }
    }
    List<String> left =
        pending.waitingFor().stream().filter(id -> !event.ended().containsKey(id)).toList();
    return left.isEmpty()
        ? new ArrayStep(journey.in(new TaskState.Runnable(now)).wakingAt(now), array, false)
        // As with tasks, the wake-up stays until all have been looked for.
        : new ArrayStep(journey.in(new TaskState.Pending(pending.since(), left)), array, false);
  }

  private static ArrayStep stop(Journey journey, ArrayState array, Instant now) {
    return settled(journey.wakingAt(now), array, now);
  }

  /** Ends it when nothing is left, and else wakes it when something can be done. */
  private static ArrayStep settled(Journey journey, ArrayState array, Instant now) {
    if (array.over()) {
      return new ArrayStep(journey.in(end(array, now)).sleeping(), array, true);
    }
    return new ArrayStep(
        switch (array.next()) {
          case Work.Wait _ -> journey.sleeping();
          case Work.Plan _, Work.PlanRest _, Work.Make _ -> journey.wakingAt(now);
          // The stop itself set the wake-up; the end of one child is no reason to stop all again.
          case Work.Stop _ -> journey;
        },
        array,
        false);
  }

  private static TaskState end(ArrayState array, Instant now) {
    // Also when it was to be stopped, but too late for any of them.
    if (array.size() > 0 && array.ends().successes() == array.size()) {
      return new TaskState.Succeeded(now, 0);
    }
    return new TaskState.Failed(now, array.stopping().orElseGet(() -> failures(array)));
  }

  private static String failures(ArrayState array) {
    int failed = array.ends().failures();
    return Amounts.count(failed)
        + " of "
        + Amounts.count(array.size())
        + " children failed; "
        + (failed > FAILURES_NAMED ? "the first are " : failed > 1 ? "they are " : "it is ")
        + array.ends().firstFailures(FAILURES_NAMED).stream()
            .map(String::valueOf)
            .collect(Collectors.joining(", "))
        + ".";
  }
}
