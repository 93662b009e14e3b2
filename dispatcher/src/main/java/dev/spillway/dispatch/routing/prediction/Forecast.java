package dev.spillway.dispatch.routing.prediction;

import java.util.Arrays;

/**
 * What is expected of one run: possible durations, each with its share, and what is known of memory
 * and disk. At most {@link RunHistory#KEPT} and a few more of them, whatever was seen before.
 */
public final class Forecast {
  /** Share of runs that are to end within {@link #boundSeconds()}. */
  public static final double BOUND = 0.9;

  /** What a forecast goes by. */
  public enum Basis {
    /** Nothing but the size of the input. */
    FIRST_SIGHT,
    /** The Timeout that somebody chose for its function. */
    TIMEOUT,
    /** The user's hint. */
    HINT,
    /** Earlier runs, with the hint beside them when there is one. */
    HISTORY;

    /** True when neither a run nor a user has said anything of it. */
    public boolean unseen() {
      return switch (this) {
        case FIRST_SIGHT, TIMEOUT -> true;
        case HINT, HISTORY -> false;
      };
    }
  }

  private static final double LEAST_WIDTH = 0.05;
  private static final double MOST_WIDTH = 0.3;

  /** Widths beyond the longest duration where its bell ends. */
  private static final double END = 6;

  private final Basis basis;
  private final long runs;
  private final double evidence;
  private final float widening;
  private final int[] codes;
  private final double[] upTo;
  private final Sizes sizes;
  private final double[] meanUpTo;
  private final double meanSquare;

  /**
   * What was seen of memory and disk near this input, most of it first asked.
   *
   * @param history and the weight of each of its runs
   */
  record Sizes(RunHistory history, double[] weights) {
    /** Share of the runs seen that used more than {@code mib}; 0 when none was seen. */
    double over(long mib, boolean memory) {
      int limit = RunCode.size(mib);
      Gist gist = history.gist();
      if ((memory ? gist.mostMemory() : gist.mostDisk()) <= limit) {
        return 0;
      }
      double seen = 0;
      double over = 0;
      for (int i = 0; i < history.size(); i++) {
        long run = history.code(i);
        int used = memory ? RunCode.memoryCode(run) : RunCode.diskCode(run);
        if (used > 0) {
          seen += weights[i];
          over += used > limit ? weights[i] : 0;
        }
      }
      return seen == 0 ? 0 : over / seen;
    }
  }

  /**
   * Over its parts.
   *
   * @param runs ever seen of the workload
   * @param evidence how many independent runs the shares are worth
   * @param codes durations in rising order
   * @param upTo share of the runs that are no longer than the one with the same index
   */
  Forecast(
      Basis basis,
      long runs,
      double evidence,
      float widening,
      int[] codes,
      double[] upTo,
      Sizes sizes) {
    this.basis = basis;
    this.runs = runs;
    this.evidence = evidence;
    this.widening = widening;
    this.codes = codes;
    this.upTo = upTo;
    this.sizes = sizes;
    this.meanUpTo = new double[codes.length];
    double mean = 0;
    double square = 0;
    double before = 0;
    for (int i = 0; i < codes.length; i++) {
      double length = seconds(i);
      double part = (upTo[i] - before) * length;
      before = upTo[i];
      mean += part;
      square += part * length;
      meanUpTo[i] = mean;
    }
    this.meanSquare = square;
  }

  /**
   * The width of a bell around each duration, in steps: Silverman's rule of thumb, but no wider
   * than a third, because runs of two kinds, short and long, have nothing between them.
   */
  private double width() {
    double mean = 0;
    double square = 0;
    for (int i = 0; i < codes.length; i++) {
      double code = share(i) * codes[i];
      mean += code;
      square += code * codes[i];
    }
    double spread = Math.sqrt(Math.max(0, square - mean * mean));
    double rule = 1.06 * spread / Math.pow(evidence, 0.2);
    return wider()
        * Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, rule / Forecaster.OCTAVE))
        * Forecaster.OCTAVE;
  }

  private double wider() {
    return widening > 0 ? 1 + widening : 1;
  }

  public Basis basis() {
    return basis;
  }

  /** Runs ever seen of the workload. */
  public long runs() {
    return runs;
  }

  /** Number of possible durations. */
  public int size() {
    return codes.length;
  }

  /** One possible duration; they rise with the index. */
  public double seconds(int index) {
    return RunCode.seconds(codes[index]);
  }

  /** Its share; all shares are 1. */
  public double share(int index) {
    return index == 0 ? upTo[0] : upTo[index] - upTo[index - 1];
  }

  /** Mean duration, seconds. */
  public double meanSeconds() {
    return meanUpTo[codes.length - 1];
  }

  /**
   * Mean duration when none counts as less than {@code least} or as more than {@code most},
   * seconds.
   */
  public double meanSeconds(double least, double most) {
    int shorter = within(least);
    int rest = within(most);
    double mean = meanSeconds();
    if (shorter > 0) {
      mean += least * upTo[shorter - 1] - meanUpTo[shorter - 1];
    }
    if (rest < codes.length) {
      double reached = rest == 0 ? 0 : upTo[rest - 1];
      double meanReached = rest == 0 ? 0 : meanUpTo[rest - 1];
      mean += most * (upTo[codes.length - 1] - reached) - (meanSeconds() - meanReached);
    }
    return mean;
  }

  /** Number of durations that are no longer than this. */
  private int within(double seconds) {
    if (seconds < seconds(0)) {
      return 0;
    }
    if (seconds >= longestSeconds()) {
      return codes.length;
    }
    int low = 0;
    int high = codes.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (seconds(middle) <= seconds) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Mean of the squares of the durations. */
  public double meanSquare() {
    return meanSquare;
  }

  /** The longest of the possible durations, seconds. */
  public double longestSeconds() {
    return seconds(codes.length - 1);
  }

  /** Duration that this share of the possible ones does not exceed, seconds. */
  public double quantileSeconds(double share) {
    return seconds(index(share));
  }

  private int index(double share) {
    int at = Arrays.binarySearch(upTo, share);
    return Math.min(at < 0 ? -at - 1 : at, codes.length - 1);
  }

  /**
   * Seconds that {@link #BOUND} of the runs are to end within. With little evidence it lies beyond
   * all that was seen, because the next run may be the longest yet; and it is as wide as the
   * earlier bounds had to be.
   */
  public double boundSeconds() {
    double target = BOUND * (1 + 0.5 / evidence);
    double median = quantileSeconds(0.5);
    double bound;
    if (target <= 1) {
      bound = quantileSeconds(target);
    } else {
      double last = longestSeconds();
      double beyond = Math.min(1, (target - 1) * evidence);
      bound = last * Math.exp(beyond * 0.1) * Math.pow(last / median, beyond / 4);
    }
    double spread = Math.max(LEAST_WIDTH, Math.log(bound / median));
    return bound * Math.exp(widening * spread);
  }

  /** Chance that it runs longer than this, between the durations seen and beyond them too. */
  public double chanceOver(double seconds) {
    if (seconds <= 0) {
      return 1;
    }
    double limit = Math.log(seconds / 0.001) / Math.log(2) * RunCode.DURATION_STEPS + 1;
    double beyond = limit - codes[codes.length - 1];
    if (beyond > END * wider() * MOST_WIDTH * Forecaster.OCTAVE) {
      return 0;
    }
    double width = width();
    if (beyond > END * width) {
      return 0;
    }
    double chance = 0;
    for (int i = 0; i < codes.length; i++) {
      chance += share(i) * Bell.tail((limit - codes[i]) / width);
    }
    return chance;
  }

  /** Share of what was seen that used more memory than this; 0 when none was seen. */
  public double memoryOver(long mib) {
    return sizes == null ? 0 : sizes.over(mib, true);
  }

  /** Share of what was seen that used more disk than this; 0 when none was seen. */
  public double diskOver(long mib) {
    return sizes == null ? 0 : sizes.over(mib, false);
  }
}
