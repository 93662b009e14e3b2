package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.fallback.Orders.Leg;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Says where tasks go, and learns from how they went. */
interface Strategy {

  /**
   * A decision.
   *
   * @param legs routes in the order in which they are tried
   */
  record Choice(List<Leg> legs, PlannedWith planned) {
    static final Choice FUNCTION = of(Route.FUNCTION, Route.BATCH_FARGATE);
    static final Choice BATCH = of(Route.BATCH_FARGATE);

    /** Of somebody who knows nothing of risks. */
    private static Choice of(Route... order) {
      return new Choice(
          Arrays.stream(order).map(route -> new Leg(route, 0, 0)).toList(), PlannedWith.NOTHING);
    }
  }

  /** A strategy that has learnt nothing yet, by name. */
  record Named(String name, Supplier<Strategy> fresh) {}

  /** How busy Batch's queue and the functions are. */
  record Loads(Load batch, Load function) {
    static final Loads UNKNOWN = new Loads(Load.UNKNOWN, Load.UNKNOWN);
  }

  Choice choose(TraceTask task, Loads loads);

  /** How it went. */
  void learn(TraceTask task, Choice choice, Walked walked);
}
