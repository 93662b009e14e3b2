package dev.spillway.dispatch.routing.prediction;

/**
 * What is believed of a workload that has never run, by the size of its input alone: a logarithmic
 * normal distribution, wide on purpose.
 *
 * @param medianSeconds of a run whose input is small
 * @param bytesPerSecond that input adds to the median
 * @param spread standard deviation of the logarithm, when the size is known
 * @param unknownMedianSeconds when nobody knows the size, or there is no input
 * @param unknownSpread likewise
 */
public record FirstSight(
    double medianSeconds,
    double bytesPerSecond,
    double spread,
    double unknownMedianSeconds,
    double unknownSpread) {
  /**
   * Round figures; the first runs of real workloads lie within, and what is decided hardly moves
   * with them.
   */
  public static final FirstSight DEFAULT = new FirstSight(3, 3e6, 1.5, 60, 2);

  /** An input of fewer bytes is a name or a flag, and the work lies elsewhere. */
  private static final long SOME_BYTES = 10;

  double median(long inputBytes) {
    return known(inputBytes) ? medianSeconds + inputBytes / bytesPerSecond : unknownMedianSeconds;
  }

  double spread(long inputBytes) {
    return known(inputBytes) ? spread : unknownSpread;
  }

  private static boolean known(long inputBytes) {
    return inputBytes > SOME_BYTES;
  }
}
