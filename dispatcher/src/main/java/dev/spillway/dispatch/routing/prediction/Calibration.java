package dev.spillway.dispatch.routing.prediction;

/**
 * How far the bounds told for one workload have held, and what is made of it.
 *
 * <p>Bounds that were overrun too often are widened, those that never are, narrowed: after each
 * cohort by its share of overruns less the share that a bound allows, in units of the runs' own
 * spread. So a workload whose runs change from night to night gets honest bounds after a few of
 * them, without anybody tuning it.
 *
 * @param widening of the next bounds: spreads to add to the logarithm, negative to narrow
 * @param told bounds told for runs of the cohort that is going on
 * @param overrun how many of these ran longer
 */
record Calibration(float widening, int told, int overrun) {
  static final Calibration NONE = new Calibration(0, 0, 0);

  private static final float MOST = 3;
  private static final float LEAST = -1;

  /** Runs from which a cohort's word counts in full. */
  private static final int FULL = 4;

  Calibration told(boolean ranLonger) {
    return new Calibration(widening, told + 1, overrun + (ranLonger ? 1 : 0));
  }

  /** A cohort has ended. */
  Calibration settled() {
    if (told == 0) {
      return this;
    }
    double allowed = 1 - Forecast.BOUND;
    double weight = Math.min(1, Math.sqrt((double) told / FULL));
    double moved = widening + weight * ((double) overrun / told - allowed);
    return new Calibration((float) Math.max(LEAST, Math.min(MOST, moved)), 0, 0);
  }
}
