package dev.spillway.dispatch.routing.prediction;

import dev.spillway.dispatch.routing.prediction.Forecast.Basis;
import java.util.OptionalDouble;

/**
 * Says how long a run may take.
 *
 * <p>Every remembered run is a possible duration, see {@link FromRuns}. Without runs the user's
 * hint decides, without a hint the function's own Timeout, without that {@link FirstSight}.
 *
 * <p>Shape: pure; the work and the memory do not grow with the number of runs seen.
 */
public final class Forecaster {
  static final double OCTAVE = RunCode.DURATION_STEPS / Math.log(2);

  private static final double HINT_SPREAD = 0.5;

  /** A Timeout is chosen with room: the usual run takes an eighth, and one in 25 runs into it. */
  private static final double TIMEOUT_MEDIAN = 1 / 8.0;

  private static final double TIMEOUT_SPREAD = 1.2;

  /** A belief is as sure as it says: no run speaks against it yet. */
  private static final double SURE = 1e6;

  private Forecaster() {}

  /**
   * What is known of the run before it.
   *
   * @param inputBytes negative when nobody knows
   * @param hintSeconds what its user expects
   * @param timeoutSeconds that somebody chose for the workload's function; empty where it says
   *     nothing, because it is the longest there is
   */
  public record Question(
      long inputBytes, OptionalDouble hintSeconds, OptionalDouble timeoutSeconds) {}

  /** Forecasts for places of both kinds; often one and the same. */
  public record Forecasts(Forecast function, Forecast job) {
    /** For a place of this kind. */
    public Forecast on(Run.Kind kind) {
      return switch (kind) {
        case FUNCTION -> function;
        case JOB -> job;
      };
    }
  }

  /** What is expected of a run. */
  public static Forecasts forecasts(RunHistory history, Question question, FirstSight firstSight) {
    if (history.isEmpty()) {
      Forecast same = unseen(history, question, firstSight);
      return new Forecasts(same, same);
    }
    return new FromRuns(history, question).forecasts();
  }

  private static Forecast unseen(RunHistory history, Question question, FirstSight firstSight) {
    if (question.hintSeconds().isPresent()) {
      return bell(Basis.HINT, history, hint(history, question), HINT_SPREAD);
    }
    if (question.timeoutSeconds().isPresent()) {
      return bell(
          Basis.TIMEOUT,
          history,
          question.timeoutSeconds().getAsDouble() * TIMEOUT_MEDIAN,
          TIMEOUT_SPREAD);
    }
    return bell(
        Basis.FIRST_SIGHT,
        history,
        firstSight.median(question.inputBytes()),
        firstSight.spread(question.inputBytes()));
  }

  /** The hint, moved by what hints were wrong before. */
  static double hint(RunHistory history, Question question) {
    return question.hintSeconds().getAsDouble() * history.hints().factor();
  }

  /** One of the points that stand for a hint. */
  static int hintPoint(double hint, int index) {
    return point(hint, HINT_SPREAD, index);
  }

  private static Forecast bell(Basis basis, RunHistory history, double median, double spread) {
    int[] codes = new int[Bell.POINTS.length];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = point(median, spread, i);
    }
    return new Forecast(basis, history.count(), SURE, 0, codes, Bell.UP_TO, null);
  }

  private static int point(double median, double spread, int index) {
    return RunCode.nearest(RunCode.duration(median) + Bell.POINTS[index] * spread * OCTAVE);
  }
}
