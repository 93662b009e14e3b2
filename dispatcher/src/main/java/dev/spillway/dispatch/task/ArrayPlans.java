package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import dev.spillway.dispatch.routing.Ahead;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.prediction.Forecast;
import dev.spillway.dispatch.stack.Workloads;
import java.time.Instant;
import java.util.Optional;

/** Plans children of arrays as tasks are planned. */
final class ArrayPlans implements ArrayPlanner {
  private final Planner planner;
  private final Workloads workloads;
  private final Planning.ArrayLimits limits;

  ArrayPlans(Planner planner, Workloads workloads, Planning.ArrayLimits limits) {
    this.planner = planner;
    this.workloads = workloads;
    this.limits = limits;
  }

  @Override
  public Answer plan(TaskDocument child, long before, Instant now) {
    Optional<Workload> workload =
        child
            .workload()
            .map(
                name ->
                    workloads
                        .find(name)
                        .orElseThrow(
                            () ->
                                RefusedException.invalid(
                                    "workload",
                                    name,
                                    "workload: \"" + name + "\" is not registered any more.")));
    var item = new Submission.Item("", child, workload, "");
    Planner.Draft draft = planner.draft(item, after(before), now);
    if (draft.plan().impossible()) {
      throw new RefusedException(java.util.List.of(Planner.impossible("", draft.plan())));
    }
    int canary = unknown(draft.plan()) ? limits.canary() : 0;
    if (canary > 0 && canary <= before) {
      draft = planner.draft(item, after(canary - 1), now);
    }
    return new Answer(
        new ChildPlan(
            draft.plan(),
            Profiles.legs(child, draft.workload(), draft.plan(), workloads::mostMemoryMib)),
        canary,
        limits.most());
  }

  private static Ahead after(long children) {
    return (_, _) -> new Ahead.Work(0, 0, children);
  }

  /**
   * A canary teaches nothing where there is no choice, and costs its time where enough is known.
   */
  private static boolean unknown(RoutePlan plan) {
    return plan.routes().size() > 1
        && plan.outlook()
            .map(
                o -> o.basis() == Forecast.Basis.FIRST_SIGHT || o.basis() == Forecast.Basis.TIMEOUT)
            .orElse(true);
  }
}
