package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Router;
import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.routing.cost.Tariffs;
import dev.spillway.dispatch.simulate.Comparison.ApplicationLine;
import dev.spillway.dispatch.simulate.Comparison.Line;
import dev.spillway.dispatch.simulate.Outcome.Bounds;
import dev.spillway.dispatch.simulate.SimpleStrategies.Always;
import dev.spillway.dispatch.simulate.SimpleStrategies.LastRuns;
import dev.spillway.dispatch.simulate.Strategy.Choice;
import dev.spillway.dispatch.simulate.Strategy.Named;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Replays a trace under several policies and puts them side by side.
 *
 * <p>Orders are seeded: the same seed gives the same figures. Workflows are shuffled, the tasks of
 * a workflow stay in theirs.
 */
public final class Simulation {
  /** The dispatcher's own policy. */
  public static final String OURS = "spillway";

  private static final double LIMIT_RULE_SECONDS = 900;
  private static final double HOUR = 3600;

  private final Assumptions assumptions;
  private final Objective objective;
  private final Tariff function;
  private final Tariff batch;
  private final Capacity capacity;
  private final Places places;
  private final Router router;

  /** Over assumptions, the settings of the dispatcher, and what its policy is to save. */
  public Simulation(
      Assumptions assumptions, RoutingSettings settings, FallbackRules rules, Objective objective) {
    this(assumptions, Capacity.UNLIMITED, settings, rules, objective);
  }

  /**
   * The same where tasks share places.
   *
   * @throws IllegalArgumentException when not even one task has room
   */
  public Simulation(
      Assumptions assumptions,
      Capacity capacity,
      RoutingSettings settings,
      FallbackRules rules,
      Objective objective) {
    if (capacity.maxVcpus().orElse(Integer.MAX_VALUE) < assumptions.vcpus()) {
      throw new IllegalArgumentException(
          "A task has %s, and all tasks together have %s. Give tasks less, or more to all."
              .formatted(
                  Amounts.vcpus(assumptions.vcpus()),
                  Amounts.vcpus(capacity.maxVcpus().getAsInt())));
    }
    this.capacity = capacity;
    this.assumptions = assumptions;
    this.objective = objective;
    RoutingSettings assumed = assumptions.over(settings);
    Tariffs tariffs = new Tariffs(assumed.prices(), assumed.starts());
    this.function = assumptions.function(tariffs);
    this.batch = assumptions.batch(tariffs);
    this.places = new Places(function, batch, rules);
    this.router = assumed.router();
  }

  /** The names of all policies, in the order in which they are shown. */
  public List<String> policies() {
    return strategies().stream().map(Named::name).toList();
  }

  private List<Named> strategies() {
    double breakEven = SimpleStrategies.breakEven(function, batch);
    String mean = "mean of last 8 under " + Amounts.seconds(breakEven);
    return List.of(
        new Named("cost oracle", () -> new Oracle(function, batch)),
        new Named("all Batch", () -> new Always(Choice.BATCH)),
        new Named("function first, fall back", () -> new Always(Choice.FUNCTION)),
        new Named("900-second rule", () -> new LastRuns(LIMIT_RULE_SECONDS, Choice.FUNCTION)),
        new Named(mean, () -> new LastRuns(breakEven, Choice.FUNCTION)),
        new Named(mean + ", first sight to Batch", () -> new LastRuns(breakEven, Choice.BATCH)),
        new Named(OURS, this::ours));
  }

  private Strategy ours() {
    return new RouterStrategy(router, assumptions, Assumptions.queue(capacity), objective);
  }

  /**
   * Replays a trace.
   *
   * @param orders how many orders are drawn, each figure is their median; 0 means the order of the
   *     file
   * @param seed of the first; each next one has the next
   * @param policies to show; empty means all
   */
  public Comparison compare(
      Trace trace, Feedback feedback, int orders, long seed, List<String> policies) {
    List<Trace> replayed = orders(trace, orders, seed);
    List<Line> lines = new ArrayList<>();
    double[] oracle = costs(outcomes(strategies().getFirst(), replayed, feedback));
    List<Outcome> ours = List.of();
    for (Named policy : strategies()) {
      if (policies.isEmpty() || policies.contains(policy.name())) {
        List<Outcome> outcomes = outcomes(policy, replayed, feedback);
        lines.add(line(policy.name(), outcomes, oracle, trace));
        ours = policy.name().equals(OURS) ? outcomes : ours;
      }
    }
    return new Comparison(
        feedback,
        objective,
        assumed(),
        trace.tasks(),
        trace.seconds(),
        orders,
        capacity,
        lines,
        ours.stream()
            .flatMap(o -> o.bounds().values().stream())
            .reduce(new Bounds(0, 0), Bounds::plus),
        List.of());
  }

  /**
   * Each application as if no other had ever been seen: nothing is learnt from the others, and
   * nothing was chosen by it.
   */
  public List<ApplicationLine> alone(Trace trace, Feedback feedback, int orders, long seed) {
    List<ApplicationLine> lines = new ArrayList<>();
    for (String application : trace.applications()) {
      Trace only = trace.only(application::equals);
      List<Trace> replayed = orders(only, orders, seed);
      double[] oracle = costs(outcomes(strategies().getFirst(), replayed, feedback));
      List<Outcome> outcomes = outcomes(strategies().getLast(), replayed, feedback);
      Line line = line(OURS, outcomes, oracle, only);
      lines.add(
          new ApplicationLine(
              application,
              only.workflows().size(),
              only.tasks(),
              oracle[0],
              line,
              outcomes.stream()
                  .flatMap(o -> o.bounds().values().stream())
                  .reduce(new Bounds(0, 0), Bounds::plus)));
    }
    return lines;
  }

  private String assumed() {
    return capacity.unlimited()
        ? assumptions.text()
        : assumptions.text() + " " + capacity.text(places.rules().noCapacityAfter());
  }

  private static List<Trace> orders(Trace trace, int orders, long seed) {
    return orders == 0
        ? List.of(trace)
        : IntStream.range(0, orders).mapToObj(i -> trace.shuffled(seed + i)).toList();
  }

  private List<Outcome> outcomes(Named policy, List<Trace> orders, Feedback feedback) {
    return orders.parallelStream()
        .map(order -> replay(order, policy.fresh().get(), feedback))
        .toList();
  }

  private Outcome replay(Trace trace, Strategy strategy, Feedback feedback) {
    return capacity.unlimited()
        ? new FreeReplay(places, feedback, strategy).run(trace)
        : new QueuedReplay(places, assumptions, capacity, feedback, strategy).run(trace);
  }

  private static double[] costs(List<Outcome> outcomes) {
    return outcomes.stream().mapToDouble(Outcome::cost).toArray();
  }

  private Line line(String policy, List<Outcome> outcomes, double[] oracle, Trace trace) {
    double cost = median(outcomes, Outcome::cost);
    List<Comparison.Times> times = outcomes.stream().map(Outcome::times).toList();
    return new Line(
        policy,
        cost,
        median(outcomes, Outcome::cost) / oracle[0],
        Math.round(median(outcomes, o -> o.timeouts())),
        median(outcomes, Outcome::wastedSeconds) / trace.seconds(),
        median(outcomes, Outcome::meanWaitSeconds),
        new Comparison.Times(
            median(times, Comparison.Times::meanSeconds),
            median(times, Comparison.Times::p95Seconds),
            median(times, Comparison.Times::timesFastest)),
        cost - oracle[0],
        median(outcomes, Outcome::functionShare),
        median(outcomes, Outcome::meanQueueSeconds),
        median(outcomes, Outcome::spanSeconds),
        median(outcomes, Outcome::batchSeconds) * assumptions.vcpus() / HOUR,
        Math.round(median(outcomes, o -> o.failed())));
  }

  private static <T> double median(List<T> orders, ToDoubleFunction<T> figure) {
    double[] sorted = orders.stream().mapToDouble(figure).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
