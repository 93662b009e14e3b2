package dev.spillway.dispatch.routing.prediction;

import java.util.Arrays;

/**
 * What remembered runs come to, whatever is asked of them: worked out when one is learnt, so that
 * no plan has to. Immutable.
 */
final class Gist {
  private static final int LEAST_RUNS = 4;

  /** Share of the durations' variance that size must explain before it is believed. */
  private static final double EXPLAINS = 0.5;

  /** Durations do not grow faster than this power of the size. */
  private static final double MOST = 1.5;

  /** Sizes must differ by about a tenth to tell anything. */
  private static final double LEAST_VARIANCE = Math.pow(0.1 / Math.log(2) * RunCode.INPUT_STEPS, 2);

  private static final double STEPS = (double) RunCode.DURATION_STEPS / RunCode.INPUT_STEPS;

  private final double slope;
  private final int largestInput;
  private final int mostMemory;
  private final int mostDisk;
  private final byte[] order;

  /** Of runs as {@link RunCode} packs them, oldest first. */
  Gist(long[] runs) {
    int input = 0;
    int memory = 0;
    int disk = 0;
    for (long run : runs) {
      input = Math.max(input, RunCode.inputCode(run));
      memory = Math.max(memory, RunCode.memoryCode(run));
      disk = Math.max(disk, RunCode.diskCode(run));
    }
    this.largestInput = input;
    this.mostMemory = memory;
    this.mostDisk = disk;
    this.slope = slope(runs);
    this.order = order(runs, slope);
  }

  /**
   * How duration follows the size of the input, on logarithmic scales, by a line through the runs:
   * steps of a duration's code for one step of an input's code; 0 where size explains nothing.
   */
  double slope() {
    return slope;
  }

  /** Code of the largest input; 0 when none is known. */
  int largestInput() {
    return largestInput;
  }

  /** Code of the most memory seen; 0 when none was. */
  int mostMemory() {
    return mostMemory;
  }

  /** Code of the most disk seen; 0 when none was. */
  int mostDisk() {
    return mostDisk;
  }

  /** The run that would be at this place if all had the same input and the shortest came first. */
  int atPlace(int place) {
    return order[place];
  }

  private static double slope(long[] runs) {
    int n = runs.length;
    if (n < LEAST_RUNS) {
      return 0;
    }
    double inputs = 0;
    double durations = 0;
    for (long run : runs) {
      inputs += RunCode.inputCode(run);
      durations += RunCode.durationCode(run);
    }
    inputs /= n;
    durations /= n;
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (long run : runs) {
      double x = RunCode.inputCode(run) - inputs;
      double y = RunCode.durationCode(run) - durations;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    if (xx < LEAST_VARIANCE * n || yy == 0 || xy <= 0 || xy * xy < EXPLAINS * xx * yy) {
      return 0;
    }
    return Math.min(MOST * STEPS, xy / xx);
  }

  private static byte[] order(long[] runs, double slope) {
    long[] keys = new long[runs.length];
    for (int i = 0; i < keys.length; i++) {
      double alike = RunCode.durationCode(runs[i]) - slope * RunCode.inputCode(runs[i]);
      keys[i] = Math.round(alike) * RunHistory.KEPT + i;
    }
    Arrays.sort(keys);
    byte[] order = new byte[keys.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = (byte) Math.floorMod(keys[i], RunHistory.KEPT);
    }
    return order;
  }
}
