package dev.spillway.dispatch.routing.prediction;

/** The normal distribution, as far as it is needed: a few points of it, and its upper tail. */
final class Bell {
  /** Points of equal distance enough to carry a distribution, in standard deviations. */
  static final double[] POINTS = {-2.2, -1.5, -1, -.6, -.3, 0, .3, .6, 1, 1.5, 2.2};

  /** Share of the distribution that is nearest to each point. */
  static final double[] SHARES = new double[POINTS.length];

  /** The same, with those of all points before it. */
  static final double[] UP_TO = new double[POINTS.length];

  private static final int STEPS = 64;
  private static final int END = 6;
  private static final double[] TAIL = new double[END * STEPS + 2];

  static {
    for (int i = 0; i < TAIL.length; i++) {
      TAIL[i] = exactTail((double) i / STEPS);
    }
    double below = 0;
    for (int i = 0; i < POINTS.length; i++) {
      double upTo = i == POINTS.length - 1 ? 1 : 1 - tail((POINTS[i] + POINTS[i + 1]) / 2);
      SHARES[i] = upTo - below;
      UP_TO[i] = upTo;
      below = upTo;
    }
  }

  private Bell() {}

  /** Share of the distribution above {@code z}, within 0.0001. */
  static double tail(double z) {
    double far = Math.min(END, Math.abs(z)) * STEPS;
    int at = (int) far;
    double upper = TAIL[at] + (TAIL[at + 1] - TAIL[at]) * (far - at);
    return z >= 0 ? upper : 1 - upper;
  }

  /** Source: Abramowitz and Stegun, 26.2.17; error under 7.5e-8. */
  private static double exactTail(double z) {
    double t = 1 / (1 + 0.2316419 * z);
    double sum =
        t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * sum;
  }
}
