package dev.spillway.dispatch.routing.cost;

import java.util.Optional;

/**
 * What one place charges for a run and how soon it begins: {@code fixed + perSecond * max(least,
 * duration + billedStart)}, USD and seconds.
 *
 * @param waitSeconds from the submit until the code runs, in the mean
 * @param limitSeconds the place ends a run that takes longer; infinite where it does not
 * @param lossPerSecond rate at which its host is lost, and the run begins anew
 * @param basis what of this a reader should know; empty when nothing is odd
 */
public record Tariff(
    double fixed,
    double perSecond,
    double leastSeconds,
    double billedStartSeconds,
    double waitSeconds,
    double limitSeconds,
    double lossPerSecond,
    Optional<Basis> basis) {
  /** Chance of a loss below which its square does not matter. */
  private static final double RARE = 0.01;

  /** USD for a run of this many seconds; one longer than the limit pays up to the limit. */
  public double cost(double seconds) {
    double ran = Math.min(seconds, limitSeconds);
    double billed = lossPerSecond == 0 ? ran : repeated(ran);
    return fixed + perSecond * Math.max(leastSeconds, billed + billedStartSeconds);
  }

  /** USD for a run that did take this long, without what is fixed. */
  public double billed(double seconds) {
    return perSecond * Math.max(leastSeconds, seconds + billedStartSeconds);
  }

  /** Seconds until it would be done or stopped, the wait included. */
  public double finish(double seconds) {
    double ran = Math.min(seconds, limitSeconds);
    return waitSeconds + (lossPerSecond == 0 ? ran : repeated(ran));
  }

  /** Seconds spent in the mean when a lost host means to begin again, without limit. */
  private double repeated(double seconds) {
    double exponent = lossPerSecond * seconds;
    return exponent < RARE ? seconds * (1 + exponent / 2) : Math.expm1(exponent) / lossPerSecond;
  }

  /**
   * Cost in the mean of runs of which only the mean and the mean square are known; right when
   * nothing is cut off at a limit or lifted to a minimum.
   *
   * @param longest of the runs, seconds
   * @return {@code NaN} when that is not so, and every run must be looked at
   */
  public double meanCost(double mean, double meanSquare, double shortest, double longest) {
    boolean plain =
        longest <= limitSeconds
            && shortest + billedStartSeconds >= leastSeconds
            && lossPerSecond * longest < RARE;
    return plain
        ? fixed + perSecond * (mean + lossPerSecond * meanSquare / 2 + billedStartSeconds)
        : Double.NaN;
  }

  /** The same of the time until they are done. */
  public double meanFinish(double mean, double meanSquare, double longest) {
    return longest <= limitSeconds && lossPerSecond * longest < RARE
        ? waitSeconds + mean + lossPerSecond * meanSquare / 2
        : Double.NaN;
  }

  /** Chance that its host is lost at least once. */
  public double chanceOfLoss(double seconds) {
    return -Math.expm1(-lossPerSecond * seconds);
  }

  /** The same where code runs after another wait. */
  public Tariff waiting(double seconds) {
    return new Tariff(
        fixed,
        perSecond,
        leastSeconds,
        billedStartSeconds,
        seconds,
        limitSeconds,
        lossPerSecond,
        basis);
  }

  /** The same figures without the words. */
  public Tariff bare() {
    return new Tariff(
        fixed,
        perSecond,
        leastSeconds,
        billedStartSeconds,
        waitSeconds,
        limitSeconds,
        lossPerSecond,
        Optional.empty());
  }
}
