package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.util.List;
import java.util.function.Supplier;

/** Says where tasks go, and learns from how they went. */
interface Strategy {

  /**
   * A decision.
   *
   * @param order routes in the order in which they are tried
   */
  record Choice(List<Route> order, PlannedWith planned) {
    static final Choice FUNCTION =
        new Choice(List.of(Route.FUNCTION, Route.BATCH_FARGATE), PlannedWith.NOTHING);
    static final Choice BATCH = new Choice(List.of(Route.BATCH_FARGATE), PlannedWith.NOTHING);
  }

  /** A strategy that has learnt nothing yet, by name. */
  record Named(String name, Supplier<Strategy> fresh) {}

  /** {@code load} of Batch's queue now. */
  Choice choose(TraceTask task, BatchQueue.Load load);

  /** How it went. */
  void learn(TraceTask task, Choice choice, Walked walked);
}
