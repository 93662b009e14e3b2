package dev.spillway.dispatch.routing.prediction;

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

  private final Basis basis;
  private final long runs;
  private final double evidence;
  private final float widening;
  private final int[] codes;
  private final double[] shares;
  private final Sizes sizes;
  private final double[] seconds;
  private final double meanSeconds;
  private final double meanSquare;
  private final double width;

  /**
   * What was seen of memory and disk near this input, most of it first asked.
   *
   * @param history and the weight of each of its runs
   */
  record Sizes(RunHistory history, double[] weights) {
    /** Share of the runs seen that used more than {@code mib}; 0 when none was seen. */
    double over(long mib, boolean memory) {
      int limit = RunCode.size(mib);
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
   * @param codes durations in rising order, with a share each
   */
  Forecast(
      Basis basis,
      long runs,
      double evidence,
      float widening,
      int[] codes,
      double[] shares,
      Sizes sizes) {
    this.basis = basis;
    this.runs = runs;
    this.evidence = evidence;
    this.widening = widening;
    this.codes = codes;
    this.shares = shares;
    this.sizes = sizes;
    this.seconds = new double[codes.length];
    double mean = 0;
    double square = 0;
    double meanCode = 0;
    double squareCode = 0;
    for (int i = 0; i < codes.length; i++) {
      double length = RunCode.seconds(codes[i]);
      seconds[i] = length;
      double part = shares[i] * length;
      mean += part;
      square += part * length;
      double code = shares[i] * codes[i];
      meanCode += code;
      squareCode += code * codes[i];
    }
    this.meanSeconds = mean;
    this.meanSquare = square;
    this.width = width(Math.sqrt(Math.max(0, squareCode - meanCode * meanCode)));
  }

  /**
   * The width of a bell around each duration, in steps: Silverman's rule of thumb, but no wider
   * than a third, because runs of two kinds, short and long, have nothing between them.
   */
  private double width(double spread) {
    double octave = Forecaster.OCTAVE;
    double wider = widening > 0 ? 1 + widening : 1;
    double rule = 1.06 * spread / Math.pow(evidence, 0.2);
    return wider * Math.max(LEAST_WIDTH * octave, Math.min(MOST_WIDTH * octave, rule));
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
    return seconds[index];
  }

  /** Its share; all shares are 1. */
  public double share(int index) {
    return shares[index];
  }

  /** Mean duration, seconds. */
  public double meanSeconds() {
    return meanSeconds;
  }

  /** Mean of the squares of the durations. */
  public double meanSquare() {
    return meanSquare;
  }

  /** The longest of the possible durations, seconds. */
  public double longestSeconds() {
    return seconds[seconds.length - 1];
  }

  /** Duration that this share of the possible ones does not exceed, seconds. */
  public double quantileSeconds(double share) {
    return seconds[index(share)];
  }

  private int index(double share) {
    double sum = 0;
    for (int i = 0; i < codes.length; i++) {
      sum += shares[i];
      if (sum >= share) {
        return i;
      }
    }
    return codes.length - 1;
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
    if (limit > codes[codes.length - 1] + 6 * width) {
      return 0;
    }
    double chance = 0;
    for (int i = 0; i < codes.length; i++) {
      chance += shares[i] * Bell.tail((limit - codes[i]) / width);
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
