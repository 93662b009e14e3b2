package dev.spillway.dispatch.routing.prediction;

/** How duration follows the size of the input, on logarithmic scales: a line through the runs. */
final class Slope {
  private static final int LEAST_RUNS = 4;

  /** Share of the durations' variance that size must explain before it is believed. */
  private static final double EXPLAINS = 0.5;

  /** Durations do not grow faster than this power of the size. */
  private static final double MOST = 1.5;

  /** Sizes must differ by about a tenth to tell anything. */
  private static final double LEAST_VARIANCE = Math.pow(0.1 / Math.log(2) * RunCode.INPUT_STEPS, 2);

  private static final double STEPS = (double) RunCode.DURATION_STEPS / RunCode.INPUT_STEPS;

  private Slope() {}

  /** Steps of a duration's code for one step of an input's code; 0 where size explains nothing. */
  static double of(RunHistory history) {
    int n = history.size();
    if (n < LEAST_RUNS) {
      return 0;
    }
    double inputs = 0;
    double durations = 0;
    for (int i = 0; i < n; i++) {
      inputs += RunCode.inputCode(history.code(i));
      durations += RunCode.durationCode(history.code(i));
    }
    inputs /= n;
    durations /= n;
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < n; i++) {
      double x = RunCode.inputCode(history.code(i)) - inputs;
      double y = RunCode.durationCode(history.code(i)) - durations;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    if (xx < LEAST_VARIANCE * n || yy == 0 || xy <= 0 || xy * xy < EXPLAINS * xx * yy) {
      return 0;
    }
    return Math.min(MOST * STEPS, xy / xx);
  }
}
