package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.simulate.Strategy.Choice;
import dev.spillway.dispatch.simulate.Walk.Walked;
import java.util.Map;
import java.util.TreeMap;

/** What one replay of a trace came to. USD and seconds. */
public final class Outcome {
  /** Bounds are judged only where this many runs were known. */
  private static final long KNOWN = 8;

  private double cost;
  private double wastedSeconds;
  private double waitSeconds;
  private long timeouts;
  private long onFunctions;
  private long tasks;
  private final Map<String, Bounds> bounds = new TreeMap<>();

  /** Bounds told for an application's tasks, and how many of them held. */
  public record Bounds(long told, long held) {
    Bounds plus(Bounds other) {
      return new Bounds(told + other.told, held + other.held);
    }
  }

  void add(TraceTask task, Choice choice, Walked walked) {
    tasks++;
    cost += walked.cost();
    wastedSeconds += walked.wastedSeconds();
    waitSeconds += walked.waitSeconds();
    timeouts += walked.failures();
    onFunctions += walked.last().batch() ? 0 : 1;
    if (choice.planned().bound().isPresent() && choice.planned().count() >= KNOWN) {
      boolean held = task.seconds() <= choice.planned().bound().getAsDouble();
      bounds.merge(task.application(), new Bounds(1, held ? 1 : 0), Bounds::plus);
    }
  }

  double cost() {
    return cost;
  }

  double wastedSeconds() {
    return wastedSeconds;
  }

  double meanWaitSeconds() {
    return tasks == 0 ? 0 : waitSeconds / tasks;
  }

  long timeouts() {
    return timeouts;
  }

  double functionShare() {
    return tasks == 0 ? 0 : (double) onFunctions / tasks;
  }

  Map<String, Bounds> bounds() {
    return bounds;
  }
}
