package dev.spillway.benchmarks;

import java.util.Arrays;

/** The middle of what rounds have measured. */
final class Median {
  private Median() {}

  /** Leaves the order of {@code values} as it is; of an even number the upper one. */
  static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
