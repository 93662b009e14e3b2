package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.simulate.Trip.Walked;

/** Knows how long each task will run, and sends it where that costs least. */
record Oracle(Tariff function, Tariff batch) implements Strategy {
  @Override
  public Choice choose(TraceTask task, Loads loads) {
    boolean fits = task.seconds() <= function.limitSeconds();
    return fits && function.cost(task.seconds()) <= batch.cost(task.seconds())
        ? Choice.FUNCTION
        : Choice.BATCH;
  }

  @Override
  public void learn(TraceTask task, Choice choice, Walked walked) {
    // It knows.
  }
}
