package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.RoutePlan.Accepted;
import dev.spillway.dispatch.routing.RoutePlan.Reason;
import dev.spillway.dispatch.routing.RoutePlan.Rejected;
import dev.spillway.dispatch.routing.cost.PriceList;
import dev.spillway.dispatch.routing.cost.Tariffs;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import dev.spillway.dispatch.routing.prediction.Forecast;
import dev.spillway.dispatch.routing.prediction.Forecaster;
import dev.spillway.dispatch.routing.prediction.Forecaster.Question;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Says which routes can take a task, and in which order they are tried.
 *
 * <p>Shape: pure. First the hard limits, each asked of each route, so a rejected route comes with
 * all its reasons; then what is left is priced by {@link Candidate} and ordered by the task's
 * objective, or by its deadline.
 */
public final class Router {
  private final Limits limits;
  private final Tariffs tariffs;
  private final FirstSight firstSight;
  private final Optional<PriceList> prices;

  /** Over limits, prices and what is believed of what never ran. */
  public Router(Limits limits, Tariffs tariffs, FirstSight firstSight) {
    this.limits = limits;
    this.tariffs = tariffs;
    this.firstSight = firstSight;
    this.prices =
        Optional.of(new PriceList(tariffs.prices().region(), tariffs.prices().compiled()));
  }

  /** The limits that it goes by. */
  public Limits limits() {
    return limits;
  }

  /** The prices that it goes by. */
  public PriceList prices() {
    return prices.orElseThrow();
  }

  /**
   * Plans a task; a plan without routes means that it can never run.
   *
   * @param history of its workload
   */
  public RoutePlan plan(TaskProfile task, Workload workload, Situation now, RunHistory history) {
    Question question =
        new Question(task.inputBytes(), task.time().hintSeconds(), chosenTimeout(workload));
    Forecaster.Forecasts forecasts = Forecaster.forecasts(history, question, firstSight);
    Forecast asFunction = forecasts.function();
    Forecast asJob = forecasts.job();
    double tooSmall = asJob.memoryOver(Candidate.jobMemory(task, workload));

    Queues picked = new Queues(task, now.queues());
    List<Candidate> candidates = new ArrayList<>(Route.COUNT);
    List<Rejected> rejected = new ArrayList<>(Route.COUNT);
    for (Route route : Route.ALL) {
      Optional<BatchQueue> queue = picked.of(route);
      List<Reason> reasons =
          route.batch()
              ? BatchRules.reject(route, task, workload, queue, now.queues(), limits)
              : FunctionRules.reject(task, workload, limits, asFunction);
      if (reasons.isEmpty()) {
        candidates.add(
            route.batch()
                ? Candidate.job(route, queue.get(), task, workload, asJob, tariffs, now, tooSmall)
                : Candidate.function(task, workload, asFunction, tariffs, now, limits));
      } else {
        rejected.add(new Rejected(route, reasons));
      }
    }
    Ranking.rank(candidates, task.wishes());
    if (asJob.basis().unseen()) {
      Ranking.firstSight(candidates, task.wishes(), firstSight.policy());
    }
    List<Accepted> accepted = new ArrayList<>(candidates.size());
    for (Candidate candidate : candidates) {
      accepted.add(candidate.accepted());
    }
    int routes = Math.min(accepted.size(), limits.maxHops());
    int tries = routes == 0 ? 0 : routes + task.attempts() - 1;
    boolean functionFirst = !accepted.isEmpty() && accepted.getFirst().route() == Route.FUNCTION;
    Outlook outlook = Outlook.of(task, history, functionFirst ? asFunction : asJob, prices);
    return new RoutePlan(accepted, rejected, Optional.of(outlook), tries);
  }

  /** The longest Timeout there is was not chosen for this work. */
  private OptionalDouble chosenTimeout(Workload workload) {
    if (workload.function().isEmpty()) {
      return OptionalDouble.empty();
    }
    int seconds = workload.function().get().timeoutSeconds();
    return seconds < limits.functionTimeout().toSeconds()
        ? OptionalDouble.of(seconds)
        : OptionalDouble.empty();
  }
}
