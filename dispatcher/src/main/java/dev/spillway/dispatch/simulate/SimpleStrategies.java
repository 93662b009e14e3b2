package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** What people do without a router. */
final class SimpleStrategies {
  private static final int LAST_RUNS = 8;

  private SimpleStrategies() {}

  /** The same for every task. */
  record Always(Choice choice) implements Strategy {
    @Override
    public Choice choose(TraceTask task, Loads loads) {
      return choice;
    }

    @Override
    public void learn(TraceTask task, Choice made, Walked walked) {
      // It never learns.
    }
  }

  /**
   * The function when the mean of a workload's last eight runs is under a line.
   *
   * <p>At first sight as it was told.
   */
  static final class LastRuns implements Strategy {
    private final double line;
    private final Choice firstSight;
    private final Map<String, Deque<Double>> runs = new HashMap<>();

    LastRuns(double line, Choice firstSight) {
      this.line = line;
      this.firstSight = firstSight;
    }

    @Override
    public Choice choose(TraceTask task, Loads loads) {
      Deque<Double> last = runs.get(task.workload());
      if (last == null) {
        return firstSight;
      }
      double sum = 0;
      for (double seconds : last) {
        sum += seconds;
      }
      return sum / last.size() < line ? Choice.FUNCTION : Choice.BATCH;
    }

    @Override
    public void learn(TraceTask task, Choice choice, Walked walked) {
      Deque<Double> known = runs.computeIfAbsent(task.workload(), _ -> new ArrayDeque<>());
      known.add(task.seconds());
      if (known.size() > LAST_RUNS) {
        known.remove();
      }
    }
  }

  /** The run time at which the function begins to be dearer than Batch. */
  static double breakEven(Tariff function, Tariff batch) {
    double cheaper = 0;
    double dearer = function.limitSeconds();
    for (int i = 0; i < 60; i++) {
      double middle = (cheaper + dearer) / 2;
      if (function.cost(middle) < batch.cost(middle)) {
        cheaper = middle;
      } else {
        dearer = middle;
      }
    }
    return cheaper;
  }
}
