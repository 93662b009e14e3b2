package dev.spillway.dispatch.routing.prediction;

import dev.spillway.dispatch.routing.prediction.Forecast.Basis;
import dev.spillway.dispatch.routing.prediction.Forecaster.Forecasts;
import dev.spillway.dispatch.routing.prediction.Forecaster.Question;
import java.util.Arrays;

/**
 * A forecast from remembered runs.
 *
 * <p>Each counts the more, the newer it is and the nearer its input was to this one in size. Where
 * duration follows size, it is moved along that line first, so that an input larger than any seen
 * before is not taken for the largest seen. A hint stands beside them as two runs.
 */
final class FromRuns {
  /** Each older run counts so much less. */
  private static final double RUN_FADE = 0.97;

  /** Each older cohort counts so much less. */
  private static final double COHORT_FADE = 0.9;

  /** What a run of quite another size still counts. */
  private static final double FAR = 0.02;

  /** Sizes apart by this factor's logarithm are near: about double or half. */
  private static final double NEAR = 0.7;

  private static final int KERNEL_SHIFT = 3;
  private static final double[] KERNEL = new double[1024];

  private static final double HINT_RUNS = 2;

  /** Runs in favour that are needed before one kind of place is believed to be slower. */
  private static final double DOUBT = 4;

  private static final double LEAST_EVIDENCE = 0.5;
  private static final int MOST_SHIFT = 3 * RunCode.DURATION_STEPS;

  /** An index fits into a byte, a duration's code and an index into an int. */
  private static final int INDEX_BITS = 8;

  static {
    for (int i = 0; i < KERNEL.length; i++) {
      double apart = (i << KERNEL_SHIFT) * Math.log(2) / RunCode.INPUT_STEPS / NEAR;
      KERNEL[i] = Math.exp(-apart * apart / 2);
    }
  }

  private final RunHistory history;
  private final Question question;
  private final int input;
  private final int runs;
  private final double[] weights;
  private double sum;
  private double near;
  private double evidence;
  private double jobsSlower;

  FromRuns(RunHistory history, Question question) {
    this.history = history;
    this.question = question;
    this.input = RunCode.input(question.inputBytes());
    this.runs = history.size();
    this.weights = new double[runs];
    weigh();
  }

  Forecasts forecasts() {
    if (jobsSlower == 0) {
      Forecast same = forecast(0, 0);
      return new Forecasts(same, same);
    }
    return new Forecasts(forecast(0, -jobsSlower), forecast(jobsSlower, 0));
  }

  /**
   * Runs of one cohort are worth one. Of the two kinds of places only those runs tell that ended by
   * themselves and were not driven there by a failure.
   */
  private void weigh() {
    double near = 0;
    double sum = 0;
    double functions = 0;
    double functionCodes = 0;
    double jobs = 0;
    double jobCodes = 0;
    double age = 1;
    double cohortAge = 1;
    double cohort = 0;
    double squares = 0;
    for (int i = runs - 1; i >= 0; i--) {
      long run = history.code(i);
      int apart = Math.abs(input - RunCode.inputCode(run)) >> KERNEL_SHIFT;
      double nearness = apart < KERNEL.length ? KERNEL[apart] : 0;
      near += nearness;
      weights[i] = age * cohortAge * (nearness + FAR);
      if (!RunCode.afterFailure(run) && !RunCode.cutShort(run)) {
        double told = weights[i] * nearness;
        if (RunCode.job(run)) {
          jobs += told;
          jobCodes += told * RunCode.durationCode(run);
        } else {
          functions += told;
          functionCodes += told * RunCode.durationCode(run);
        }
      }
      cohort += weights[i];
      age *= RUN_FADE;
      if (RunCode.startsCohort(run) || i == 0) {
        sum += cohort;
        squares += cohort * cohort;
        cohort = 0;
        cohortAge *= COHORT_FADE;
      }
    }
    this.near = near;
    this.sum = sum;
    this.evidence = sum * sum / squares;
    this.jobsSlower = jobsSlower(functions, functionCodes / functions, jobs, jobCodes / jobs);
  }

  /**
   * How much longer the same runs take as jobs than as functions, in steps of a duration's code:
   * little evidence is half believed.
   *
   * @param functions how many runs of about this size went to functions, by their weights
   * @param functionCode mean code of their durations
   */
  private static double jobsSlower(
      double functions, double functionCode, double jobs, double jobCode) {
    // Not how many, but how much of them is near: far ones tell of other inputs, not of the place.
    double least = Math.min(jobs, functions);
    if (least < LEAST_EVIDENCE) {
      return 0;
    }
    double shift = (jobCode - functionCode) * least / (least + DOUBT);
    return Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, shift));
  }

  /** With what is added to functions' runs and to jobs'. */
  private Forecast forecast(double toFunctions, double toJobs) {
    double hintWeight = question.hintSeconds().isEmpty() ? 0 : HINT_RUNS / (HINT_RUNS + near);
    int hints = hintWeight > 0 ? Bell.POINTS.length : 0;
    int[] keys = new int[runs + hints];
    Gist gist = history.gist();
    double slope = gist.slope();
    // Nearly in order, so there is little left to sort.
    for (int place = 0; place < runs; place++) {
      int i = gist.atPlace(place);
      long run = history.code(i);
      double moved = slope * (input - RunCode.inputCode(run));
      moved += RunCode.job(run) ? toJobs : toFunctions;
      keys[place] = RunCode.nearest(RunCode.durationCode(run) + moved) << INDEX_BITS | i;
    }
    if (hints > 0) {
      double hint = Forecaster.hint(history, question);
      for (int i = 0; i < hints; i++) {
        keys[runs + i] = Forecaster.hintPoint(hint, i) << INDEX_BITS | runs + i;
      }
    }
    Arrays.sort(keys);
    double[] upTo = new double[keys.length];
    double reached = 0;
    double perWeight = (1 - hintWeight) / sum;
    for (int i = 0; i < keys.length; i++) {
      int from = keys[i] & (1 << INDEX_BITS) - 1;
      keys[i] >>>= INDEX_BITS;
      reached += from < runs ? weights[from] * perWeight : Bell.SHARES[from - runs] * hintWeight;
      upTo[i] = reached;
    }
    return new Forecast(
        Basis.HISTORY,
        history.count(),
        evidence,
        history.widening(),
        keys,
        upTo,
        new Forecast.Sizes(history, weights));
  }
}
