package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.simulate.Strategy.Choice;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/** What one replay of a trace came to. USD and seconds. */
public final class Outcome {
  /** Bounds are judged only where this many runs were known. */
  private static final long KNOWN = 8;

  /** Of 20 tasks one takes longer. */
  private static final double SLOW = 0.95;

  private final Places places;
  private final DoubleStream.Builder times = DoubleStream.builder();
  private double fastestSeconds;
  private double cost;
  private double wastedSeconds;
  private double waitSeconds;
  private long timeouts;
  private long onFunctions;
  private long tasks;
  private double queueSeconds;
  private double batchSeconds;
  private double spanSeconds;
  private long failed;
  private final Map<String, Bounds> bounds = new TreeMap<>();

  /** Bounds told for an application's tasks, and how many of them held. */
  public record Bounds(long told, long held) {
    Bounds plus(Bounds other) {
      return new Bounds(told + other.told, held + other.held);
    }
  }

  Outcome(Places places) {
    this.places = places;
  }

  void add(TraceTask task, Choice choice, Walked walked) {
    tasks++;
    cost += walked.cost();
    wastedSeconds += walked.wastedSeconds();
    waitSeconds += walked.waitSeconds();
    times.add(walked.waitSeconds() + task.seconds());
    fastestSeconds += places.fastestSeconds(task.seconds());
    timeouts += walked.timeouts();
    queueSeconds += walked.queueSeconds();
    batchSeconds += walked.batchSeconds();
    failed += walked.succeeded() ? 0 : 1;
    onFunctions += walked.last().batch() ? 0 : 1;
    if (choice.planned().bound().isPresent() && choice.planned().count() >= KNOWN) {
      boolean held = task.seconds() <= choice.planned().bound().getAsDouble();
      bounds.merge(task.application(), new Bounds(1, held ? 1 : 0), Bounds::plus);
    }
  }

  /** One that failed because one before it did. */
  void addNeverRun() {
    failed++;
  }

  /** So much more time has passed from the first submit to the last end. */
  void spans(double seconds) {
    spanSeconds += seconds;
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

  /** From submit to end. */
  Comparison.Times times() {
    double[] sorted = times.build().sorted().toArray();
    if (sorted.length == 0) {
      return new Comparison.Times(0, 0, 1);
    }
    double all = Arrays.stream(sorted).sum();
    return new Comparison.Times(
        all / sorted.length,
        sorted[(int) Math.ceil(SLOW * sorted.length) - 1],
        fastestSeconds == 0 ? 1 : all / fastestSeconds);
  }

  long timeouts() {
    return timeouts;
  }

  double meanQueueSeconds() {
    return tasks == 0 ? 0 : queueSeconds / tasks;
  }

  double batchSeconds() {
    return batchSeconds;
  }

  double spanSeconds() {
    return spanSeconds;
  }

  long failed() {
    return failed;
  }

  double functionShare() {
    return tasks == 0 ? 0 : (double) onFunctions / tasks;
  }

  Map<String, Bounds> bounds() {
    return bounds;
  }
}
