package dev.spillway.dispatch.routing.prediction;

/**
 * How good the user's hints of a workload's duration have been.
 *
 * @param given hints that could be compared with a run
 * @param error logarithm of what was seen over what was hinted, the last hints counting most
 * @param lastHint seconds
 * @param lastSeen seconds that the run with the last hint took
 */
public record Hints(long given, float error, float lastHint, float lastSeen) {
  static final Hints NONE = new Hints(0, 0, 0, 0);

  private static final double FADE = 0.8;

  /** A hint is said to be off when what is seen is this many times more or less. */
  private static final double FAR = 2;

  Hints with(double hintSeconds, double seenSeconds) {
    double wrong = Math.log(Math.max(0.001, seenSeconds) / Math.max(0.001, hintSeconds));
    double faded = given == 0 ? wrong : FADE * error + (1 - FADE) * wrong;
    return new Hints(given + 1, (float) faded, (float) hintSeconds, (float) seenSeconds);
  }

  /** What runs take over what is hinted; 1 when the hints are right or there are none. */
  public double factor() {
    return Math.exp(error);
  }

  /** True when the hints are wrong by more than a factor of two. */
  public boolean farOff() {
    return given > 0 && Math.abs(error) > Math.log(FAR);
  }
}
