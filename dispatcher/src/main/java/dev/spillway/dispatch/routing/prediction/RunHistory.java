package dev.spillway.dispatch.routing.prediction;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * What is remembered of a workload: its last runs, at most {@value #KEPT}, oldest first, 8 bytes
 * each. Immutable.
 *
 * <p>Runs come in cohorts. A run that was planned without knowing of any run of the newest cohort
 * belongs to it; one that knew of some starts the next. So when tasks are submitted one by one,
 * each is a cohort, and the thousand tasks of one workflow are one. Runs of a cohort are alike in
 * ways that the next cohort is not: of each only {@value #KEPT_OF_COHORT} are kept, drawn evenly,
 * and a memory of 64 spans many nights instead of the last minute of the last.
 */
public final class RunHistory {
  /** Most runs remembered. */
  public static final int KEPT = 64;

  /** Most runs remembered of one cohort. */
  public static final int KEPT_OF_COHORT = 4;

  /** Nothing is known. */
  public static final RunHistory NONE =
      new RunHistory(new long[0], 0, 0, Calibration.NONE, Hints.NONE);

  private static final long VERSION = 1;
  private static final int HEAD = 7;

  private final long[] runs;
  private final long count;
  private final long cohortStart;
  private final Calibration calibration;
  private final Hints hints;
  private final Gist gist;

  private RunHistory(
      long[] runs, long count, long cohortStart, Calibration calibration, Hints hints) {
    this.runs = runs;
    this.count = count;
    this.cohortStart = cohortStart;
    this.calibration = calibration;
    this.hints = hints;
    this.gist = new Gist(runs);
  }

  /**
   * What a plan knew, to be given back when its run has ended.
   *
   * @param count {@link #count()} of the history that was asked
   * @param bound seconds that the forecast told; empty when it told none
   * @param hint seconds that the user expected
   */
  public record PlannedWith(long count, OptionalDouble bound, OptionalDouble hint) {
    /** Of a plan that nothing is known of any more. */
    public static final PlannedWith NOTHING =
        new PlannedWith(0, OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** The history with one more run. */
  public RunHistory with(Run run, PlannedWith plan) {
    boolean starts = count == 0 || plan.count() > cohortStart;
    Calibration known = starts ? calibration.settled() : calibration;
    if (plan.bound().isPresent()) {
      boolean longer = run.cutShort() || run.seconds() > plan.bound().getAsDouble();
      known = known.told(longer);
    }
    Hints hinted =
        plan.hint().isPresent() && !run.cutShort()
            ? hints.with(plan.hint().getAsDouble(), run.seconds())
            : hints;
    return new RunHistory(
        kept(RunCode.of(run, starts), starts),
        count + 1,
        starts ? count : cohortStart,
        known,
        hinted);
  }

  private long[] kept(long code, boolean starts) {
    long before = starts ? 0 : count - cohortStart;
    if (before < KEPT_OF_COHORT) {
      int from = runs.length == KEPT ? 1 : 0;
      long[] more = Arrays.copyOfRange(runs, from, runs.length + 1);
      more[more.length - 1] = code;
      return more;
    }
    // Each run of a cohort has the same chance to be among those kept.
    long drawn = Long.remainderUnsigned(mixed(count), before + 1);
    if (drawn >= KEPT_OF_COHORT) {
      return runs;
    }
    long[] same = runs.clone();
    int at = runs.length - KEPT_OF_COHORT + (int) drawn;
    same[at] =
        RunCode.startsCohort(runs[at]) ? RunCode.startingCohort(code) : RunCode.withoutCohort(code);
    return same;
  }

  /** SplitMix64's finish: the same runs in the same order always keep the same ones. */
  private static long mixed(long number) {
    long z = (number + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Runs ever learnt from, also those no longer remembered. */
  public long count() {
    return count;
  }

  /** Runs remembered. */
  public int size() {
    return runs.length;
  }

  /** True when there is no run to go by. */
  public boolean isEmpty() {
    return runs.length == 0;
  }

  /** How good the user's hints have been. */
  public Hints hints() {
    return hints;
  }

  /** The largest input of the runs remembered, bytes; negative when none is known. */
  public long largestInput() {
    return RunCode.bytes(gist.largestInput());
  }

  long code(int index) {
    return runs[index];
  }

  Gist gist() {
    return gist;
  }

  float widening() {
    return calibration.widening();
  }

  /** As it is kept outside of memory: 64-bit words, {@value #HEAD} and one for each run. */
  public long[] toWords() {
    long[] words = new long[HEAD + runs.length];
    words[0] = VERSION;
    words[1] = count;
    words[2] = cohortStart;
    words[3] = pair(Float.floatToRawIntBits(calibration.widening()), calibration.told());
    words[4] = pair(calibration.overrun(), Float.floatToRawIntBits(hints.error()));
    words[5] = hints.given();
    words[6] =
        pair(Float.floatToRawIntBits(hints.lastHint()), Float.floatToRawIntBits(hints.lastSeen()));
    System.arraycopy(runs, 0, words, HEAD, runs.length);
    return words;
  }

  /**
   * Reads what {@link #toWords} wrote.
   *
   * @throws IllegalArgumentException when it is of another version, or broken
   */
  public static RunHistory of(long[] words) {
    if (words.length < HEAD || words.length > HEAD + KEPT || words[0] != VERSION) {
      throw new IllegalArgumentException(
          "a history of " + words.length + " words is none that this version wrote");
    }
    return new RunHistory(
        Arrays.copyOfRange(words, HEAD, words.length),
        words[1],
        words[2],
        new Calibration(Float.intBitsToFloat(high(words[3])), low(words[3]), high(words[4])),
        new Hints(
            words[5],
            Float.intBitsToFloat(low(words[4])),
            Float.intBitsToFloat(high(words[6])),
            Float.intBitsToFloat(low(words[6]))));
  }

  private static long pair(int high, int low) {
    return (long) high << 32 | low & 0xffffffffL;
  }

  private static int high(long word) {
    return (int) (word >>> 32);
  }

  private static int low(long word) {
    return (int) word;
  }
}
