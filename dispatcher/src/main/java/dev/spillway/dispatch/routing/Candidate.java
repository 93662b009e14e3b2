package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.Workload.FunctionForm;
import dev.spillway.dispatch.routing.Workload.JobForm;
import dev.spillway.dispatch.routing.cost.Basis;
import dev.spillway.dispatch.routing.cost.Prices;
import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.routing.cost.Tariffs;
import dev.spillway.dispatch.routing.prediction.Forecast;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A route that can take a task, with what it would cost and how long it would take: over all
 * durations that the forecast holds possible, and over what comes after when it fails.
 */
final class Candidate {
  /** Where no price is known, a route comes last. */
  private static final Tariff UNPRICED =
      new Tariff(
          0,
          1,
          0,
          0,
          0,
          Double.POSITIVE_INFINITY,
          0,
          Optional.of(new Basis(Basis.Kind.UNPRICED, "", 0)));

  private static final long DEFAULT_MEMORY_MIB = 2048;
  private static final long DEFAULT_DISK_MIB = 512;

  /** Seconds of waiting that nobody asks about. */
  private static final double WORTH_A_WORD = 1;

  private final Route route;
  private final Optional<BatchQueue> queue;
  private final Load line;
  private final RoutePlan.Start start;
  private final Tariff tariff;
  private final Forecast forecast;
  private final double tooSmall;
  private final double plainCost;
  private double cost;
  private double finish;
  private double risk;
  private double onTime = Double.NaN;

  private Candidate(
      Route route,
      Optional<BatchQueue> queue,
      Load line,
      Tariff assumed,
      OptionalDouble seen,
      Forecast forecast,
      double tooSmall) {
    this.route = route;
    this.queue = queue;
    this.line = line;
    this.start =
        new RoutePlan.Start(
            seen.orElse(Math.max(0, assumed.waitSeconds() - line.waitSeconds())), seen.isPresent());
    this.tariff =
        seen.isPresent() ? assumed.waiting(line.waitSeconds() + start.seconds()) : assumed;
    this.forecast = forecast;
    this.tooSmall = tooSmall;
    this.plainCost = mean(tariff, forecast);
  }

  static Candidate function(
      TaskProfile task,
      Workload workload,
      Forecast forecast,
      Tariffs tariffs,
      Situation now,
      Limits limits) {
    FunctionForm form = workload.function().orElseThrow();
    double limit = FunctionRules.limit(form, limits).toMillis() / 1000.0;
    long memory = form.memoryMib();
    double tooSmall =
        1 - (1 - forecast.memoryOver(memory)) * (1 - forecast.diskOver(form.ephemeralStorageMib()));
    Tariff free =
        tariffs.function(
            memory,
            form.ephemeralStorageMib(),
            task.form().architecture().orElse(form.architecture()),
            limit);
    Load line =
        now.function()
            .after(now.ahead().at(Route.FUNCTION, form.functionName()), 1, forecast.meanSeconds());
    double inLine = line.waitSeconds();
    return new Candidate(
        Route.FUNCTION,
        Optional.empty(),
        line,
        inLine > 0 ? free.waiting(free.waitSeconds() + inLine) : free,
        now.starts().seconds(new Starts.Place(Route.FUNCTION, form.functionName(), false)),
        forecast,
        tooSmall);
  }

  /**
   * A Batch route.
   *
   * @param tooSmall chance that it needs more than {@link #jobMemory}
   */
  static Candidate job(
      Route route,
      BatchQueue queue,
      TaskProfile task,
      Workload workload,
      Forecast forecast,
      Tariffs tariffs,
      Situation now,
      double tooSmall) {
    Optional<JobForm> form = workload.jobDefinition();
    var size =
        new Prices.Size(
            BatchRules.vcpus(task, workload),
            jobMemory(task, workload),
            task.needs().diskMib().orElse(DEFAULT_DISK_MIB),
            Math.max(task.needs().gpus(), form.map(JobForm::gpus).orElse(0)),
            task.form().architecture().orElse("x86_64"));
    boolean spot = route == Route.BATCH_SPOT || route == Route.BATCH_FARGATE_SPOT;
    Load line =
        queue
            .load()
            .after(now.ahead().at(route, queue.name()), size.vcpus(), forecast.meanSeconds());
    boolean full = line.waitSeconds() > 0;
    Optional<Tariff> tariff =
        route.fargate()
            ? tariffs.fargate(size, spot, line.waitSeconds())
            : tariffs.ec2(
                size,
                spot,
                new Tariffs.Instances(
                    queue.instanceTypes(), line.up() || full, line.waitSeconds()));
    Tariff priced = tariff.orElse(UNPRICED);
    return new Candidate(
        route,
        Optional.of(queue),
        line,
        priced,
        now.starts().seconds(new Starts.Place(route, queue.name(), newInstance(priced.basis()))),
        forecast,
        tooSmall);
  }

  private static boolean newInstance(Optional<Basis> basis) {
    return basis.isPresent() && basis.get().kind() == Basis.Kind.NEW_INSTANCE;
  }

  /** Memory that a job of the task has, MiB. */
  static long jobMemory(TaskProfile task, Workload workload) {
    return task.needs()
        .memoryMib()
        .orElse(workload.jobDefinition().map(JobForm::memoryMib).orElse(DEFAULT_MEMORY_MIB));
  }

  private static double mean(Tariff tariff, Forecast forecast) {
    if (tariff.lossPerSecond() == 0) {
      // Between its least and its most a cost is a straight line: its mean is that of the mean run.
      double least = tariff.leastSeconds() - tariff.billedStartSeconds();
      return tariff.cost(forecast.meanSeconds(least, Math.max(least, tariff.limitSeconds())));
    }
    double known =
        tariff.meanCost(
            forecast.meanSeconds(),
            forecast.meanSquare(),
            forecast.seconds(0),
            forecast.longestSeconds());
    if (!Double.isNaN(known)) {
      return known;
    }
    double mean = 0;
    for (int i = 0; i < forecast.size(); i++) {
      mean += forecast.share(i) * tariff.cost(forecast.seconds(i));
    }
    return mean;
  }

  private static double meanFinish(Tariff tariff, Forecast forecast) {
    if (tariff.lossPerSecond() == 0) {
      return tariff.finish(forecast.meanSeconds(0, tariff.limitSeconds()));
    }
    double known =
        tariff.meanFinish(forecast.meanSeconds(), forecast.meanSquare(), forecast.longestSeconds());
    if (!Double.isNaN(known)) {
      return known;
    }
    double mean = 0;
    for (int i = 0; i < forecast.size(); i++) {
      mean += forecast.share(i) * tariff.finish(forecast.seconds(i));
    }
    return mean;
  }

  Route route() {
    return route;
  }

  /** Cost in the mean if nothing but its limit ended it. */
  double plainCost() {
    return plainCost;
  }

  double cost() {
    return cost;
  }

  double finishSeconds() {
    return finish;
  }

  double onTime() {
    return onTime;
  }

  boolean limitless() {
    return tariff.limitSeconds() == Double.POSITIVE_INFINITY;
  }

  /**
   * Counts what a failure adds: the time until it shows, and the whole run on the route after it.
   */
  void estimate(List<Candidate> all, Optional<Deadline> deadline) {
    Optional<Candidate> next = Ranking.rescue(all, this);
    Tariff after = next.isPresent() ? next.get().tariff : tariff;
    double limit = tariff.limitSeconds();
    cost = plainCost;
    finish = meanFinish(tariff, forecast);
    double seenOver = 0;
    for (int i = forecast.size() - 1; i >= 0 && forecast.seconds(i) > limit; i--) {
      double share = forecast.share(i);
      seenOver += share;
      cost += share * after.cost(forecast.seconds(i));
      finish += share * after.finish(forecast.seconds(i));
    }
    double over = limitless() ? 0 : forecast.chanceOver(limit);
    if (over > seenOver) {
      // Between and beyond the durations seen: it would end here at the limit, and begin anew.
      cost += (over - seenOver) * after.cost(limit);
      finish += (over - seenOver) * after.finish(limit);
    }
    if (tooSmall > 0) {
      cost += tooSmall * next.map(Candidate::plainCost).orElse(0.0);
      finish += tooSmall * after.finish(forecast.meanSeconds());
    }
    risk = 1 - (1 - Math.max(over, seenOver)) * (1 - tooSmall);
    deadline.ifPresent(d -> onTime = punctual(d, next));
  }

  private double punctual(Deadline deadline, Optional<Candidate> next) {
    double left = deadline.secondsLeft() - tariff.waitSeconds();
    double here = Math.min(left, tariff.limitSeconds());
    double inTime = here <= 0 ? 0 : 1 - forecast.chanceOver(here);
    if (left > tariff.limitSeconds() && next.isPresent()) {
      double then = left - tariff.limitSeconds() - next.get().tariff.waitSeconds();
      double beyond = then > 0 ? 1 - forecast.chanceOver(then) : 0;
      inTime = Math.max(inTime, beyond);
    }
    double lost = tariff.chanceOfLoss(forecast.meanSeconds());
    return inTime * (1 - tooSmall) * (1 - lost);
  }

  RoutePlan.Accepted accepted() {
    return new RoutePlan.Accepted(
        route,
        queue.map(BatchQueue::name),
        Optional.of(
            new Estimate(
                cost,
                finish,
                risk,
                tariff.chanceOfLoss(forecast.meanSeconds()),
                Double.isNaN(onTime) ? OptionalDouble.empty() : OptionalDouble.of(onTime))),
        Optional.of(tariff.bare()),
        tariff.basis().isPresent() ? tariff.basis() : least(),
        line.waitSeconds() >= WORTH_A_WORD
            ? Optional.of(new RoutePlan.Line(line.before(), line.waitSeconds()))
            : Optional.empty(),
        Optional.of(start));
  }

  private Optional<Basis> least() {
    double billed = forecast.meanSeconds() + tariff.billedStartSeconds();
    return tariff.leastSeconds() > billed
        ? Optional.of(new Basis(Basis.Kind.LEAST_BILLED, "", tariff.leastSeconds()))
        : Optional.empty();
  }
}
