package dev.spillway.dispatch.routing.prediction;

/**
 * A run in 64 bits, so that a million workloads fit into memory.
 *
 * <p>Amounts are kept as logarithms: 0 means unknown, and each next step is a constant factor
 * larger. Duration in 1/1800 octaves from 1 ms (0.04 % apart, to 2.8 years), input in 1/1300
 * octaves from 1 byte (0.05 %, to 1 PiB), memory and disk in 1/340 octaves from 1 MiB (0.2 %, to 16
 * TiB).
 */
final class RunCode {
  static final int DURATION_STEPS = 1800;
  static final int INPUT_STEPS = 1300;
  private static final int SIZE_STEPS = 340;

  private static final int DURATION_MOST = 0xffff;
  private static final int INPUT_MOST = 0xffff;
  private static final int SIZE_MOST = 0x1fff;
  private static final double LEAST_SECONDS = 0.001;
  private static final double LN2 = Math.log(2);

  /** Seconds of a code are {@code BIG[code >> 8] * SMALL[code & 255]}: no exponential per run. */
  private static final double[] BIG = new double[256];

  private static final double[] SMALL = new double[256];

  static {
    for (int i = 0; i < 256; i++) {
      BIG[i] = LEAST_SECONDS * Math.exp(LN2 * (i * 256 - 1) / DURATION_STEPS);
      SMALL[i] = Math.exp(LN2 * i / DURATION_STEPS);
    }
  }

  private RunCode() {}

  /**
   * Packs a run.
   *
   * @param startsCohort see {@link RunHistory}
   */
  static long of(Run run, boolean startsCohort) {
    return (long) duration(run.seconds()) << 48
        | (long) input(run.inputBytes()) << 32
        | (long) size(run.memoryMib()) << 19
        | (long) size(run.diskMib()) << 6
        | (run.afterFailure() ? 8 : 0)
        | (run.kind() == Run.Kind.JOB ? 4 : 0)
        | (run.cutShort() ? 2 : 0)
        | (startsCohort ? 1 : 0);
  }

  static int duration(double seconds) {
    return code(seconds / LEAST_SECONDS, DURATION_STEPS, DURATION_MOST);
  }

  static int input(long bytes) {
    return bytes < 0 ? 0 : code((double) bytes + 1, INPUT_STEPS, INPUT_MOST);
  }

  static int size(long mib) {
    return mib <= 0 ? 0 : code(mib, SIZE_STEPS, SIZE_MOST);
  }

  private static int code(double times, int steps, int most) {
    return times <= 1 ? 1 : (int) Math.min(most, 1 + Math.round(steps * Math.log(times) / LN2));
  }

  static int durationCode(long run) {
    return (int) (run >>> 48);
  }

  static int inputCode(long run) {
    return (int) (run >>> 32) & 0xffff;
  }

  static double seconds(int durationCode) {
    return BIG[durationCode >> 8] * SMALL[durationCode & 255];
  }

  static int memoryCode(long run) {
    return (int) (run >>> 19) & SIZE_MOST;
  }

  static int diskCode(long run) {
    return (int) (run >>> 6) & SIZE_MOST;
  }

  static long mib(int code) {
    return code == 0 ? 0 : Math.round(Math.exp(LN2 * (code - 1) / SIZE_STEPS));
  }

  static long bytes(int inputCode) {
    return inputCode == 0 ? -1 : Math.round(Math.exp(LN2 * (inputCode - 1) / INPUT_STEPS)) - 1;
  }

  /** The duration's code nearest to this; where that is none, the least or the most. */
  static int nearest(double durationCode) {
    // All are positive, so to truncate is to round, in a fraction of Math.round's time.
    return Math.max(1, Math.min(DURATION_MOST, (int) (durationCode + 0.5)));
  }

  static boolean afterFailure(long run) {
    return (run & 8) != 0;
  }

  static boolean job(long run) {
    return (run & 4) != 0;
  }

  static boolean cutShort(long run) {
    return (run & 2) != 0;
  }

  static boolean startsCohort(long run) {
    return (run & 1) != 0;
  }

  static long withoutCohort(long run) {
    return run & ~1L;
  }

  static long startingCohort(long run) {
    return run | 1L;
  }
}
