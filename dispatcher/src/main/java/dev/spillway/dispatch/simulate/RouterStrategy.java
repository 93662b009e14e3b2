package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.fallback.MemoryRange;
import dev.spillway.dispatch.fallback.Orders.Leg;
import dev.spillway.dispatch.routing.Ahead;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Estimate;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Outlook;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.RoutePlan.Accepted;
import dev.spillway.dispatch.routing.Router;
import dev.spillway.dispatch.routing.Situation;
import dev.spillway.dispatch.routing.Starts;
import dev.spillway.dispatch.routing.TaskProfile;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.prediction.Run;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The dispatcher's own router and forecasts. */
final class RouterStrategy implements Strategy {
  private final Router router;
  private final Assumptions assumptions;
  private final BatchQueue queue;
  private final Objective objective;
  private final Workload workload;
  private final Map<String, RunHistory> histories = new HashMap<>();

  RouterStrategy(Router router, Assumptions assumptions, BatchQueue queue, Objective objective) {
    this.router = router;
    this.assumptions = assumptions;
    this.queue = queue;
    this.objective = objective;
    this.workload = assumptions.workload();
  }

  @Override
  public Choice choose(TraceTask task, Loads loads) {
    RunHistory history = histories.getOrDefault(task.workload(), RunHistory.NONE);
    var now =
        new Situation(
            List.of(queue.loaded(loads.batch())), loads.function(), Starts.NONE, Ahead.NONE);
    RoutePlan plan = router.plan(profile(task), workload, now, history);
    PlannedWith planned = plan.outlook().map(Outlook::planned).orElse(PlannedWith.NOTHING);
    return new Choice(plan.routes().stream().map(RouterStrategy::leg).toList(), planned);
  }

  private static Leg leg(Accepted accepted) {
    double risk = accepted.estimate().map(Estimate::risk).orElse(0.0);
    return new Leg(accepted.route(), 0, 0, MemoryRange.ANY, risk);
  }

  private TaskProfile profile(TraceTask task) {
    Optional<Duration> hint =
        assumptions.useHints() && task.hintSeconds().isPresent()
            ? Optional.of(Duration.ofMillis(Math.round(task.hintSeconds().getAsDouble() * 1000)))
            : Optional.empty();
    return new TaskProfile(
        new TaskProfile.Time(hint, Optional.empty()),
        new TaskProfile.Needs(
            OptionalDouble.empty(), OptionalLong.empty(), OptionalLong.empty(), 0, false, 1),
        new TaskProfile.Form(Optional.empty(), Optional.empty(), false),
        2,
        task.inputBytes(),
        false,
        new TaskProfile.Wishes(List.of(), 1, Optional.empty(), objective, Optional.empty()),
        1);
  }

  @Override
  public void learn(TraceTask task, Choice choice, Walked walked) {
    var run =
        new Run(
            walked.succeeded() ? task.seconds() : assumptions.functionLimit().toSeconds(),
            task.inputBytes(),
            task.memoryMib(),
            0,
            walked.last().batch() ? Run.Kind.JOB : Run.Kind.FUNCTION,
            walked.succeeded() && walked.timeouts() > 0,
            !walked.succeeded());
    histories.merge(
        task.workload(),
        RunHistory.NONE.with(run, choice.planned()),
        (known, _) -> known.with(run, choice.planned()));
  }
}
