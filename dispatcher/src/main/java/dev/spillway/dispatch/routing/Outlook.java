package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.cost.PriceList;
import dev.spillway.dispatch.routing.prediction.Forecast;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a plan goes by, kept with it so that its reasons can be told later.
 *
 * @param runs of the workload known when it was planned
 * @param lowSeconds one run in ten is shorter
 * @param medianSeconds as many are shorter as are longer
 * @param boundSeconds nine runs in ten end within
 * @param inputBytes of this task; negative when nobody knows
 * @param largestInput of the runs remembered, bytes; negative when none is known
 * @param hintSeconds what its user expected
 * @param hintFactor what runs took over what was hinted before; 1 when hints were right or absent
 * @param hintFarOff true when that is more than twice, or less than half
 * @param prices that its costs come from; empty in plans of before they were named
 */
public record Outlook(
    Forecast.Basis basis,
    long runs,
    double lowSeconds,
    double medianSeconds,
    double boundSeconds,
    long inputBytes,
    long largestInput,
    OptionalDouble hintSeconds,
    double hintFactor,
    boolean hintFarOff,
    Objective objective,
    Optional<Deadline> deadline,
    Optional<PriceList> prices) {

  /** From here on an input is larger than those that were seen. */
  private static final double LARGER = 1.5;

  static Outlook of(
      TaskProfile task, RunHistory history, Forecast forecast, Optional<PriceList> prices) {
    return new Outlook(
        forecast.basis(),
        history.count(),
        forecast.quantileSeconds(0.1),
        forecast.quantileSeconds(0.5),
        forecast.boundSeconds(),
        task.inputBytes(),
        history.largestInput(),
        task.time().hintSeconds(),
        history.hints().factor(),
        history.hints().farOff(),
        task.wishes().objective(),
        task.wishes().deadline(),
        prices);
  }

  /** How many times the largest input seen this one is; 0 where that cannot be said. */
  public double timesLargest() {
    return inputBytes > 0 && largestInput > 0 ? (double) inputBytes / largestInput : 0;
  }

  /** True when the input is clearly larger than any that was seen. */
  public boolean largerThanSeen() {
    return timesLargest() >= LARGER;
  }

  /** What the history must be told when the run has ended. */
  public RunHistory.PlannedWith planned() {
    return new RunHistory.PlannedWith(
        runs,
        basis == Forecast.Basis.HISTORY ? OptionalDouble.of(boundSeconds) : OptionalDouble.empty(),
        hintSeconds);
  }
}
