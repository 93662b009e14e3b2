package dev.spillway.dispatch.routing.prediction;

import java.util.Arrays;
import java.util.Optional;

/**
 * What is believed of a workload that has never run, by the size of its input alone: a logarithmic
 * normal distribution, wide on purpose.
 *
 * @param medianSeconds of a run whose input is small
 * @param bytesPerSecond that input adds to the median
 * @param spread standard deviation of the logarithm, when the size is known
 * @param unknownMedianSeconds when nobody knows the size, or there is no input
 * @param unknownSpread likewise
 * @param policy where it goes, whatever is believed
 */
public record FirstSight(
    double medianSeconds,
    double bytesPerSecond,
    double spread,
    double unknownMedianSeconds,
    double unknownSpread,
    Policy policy) {

  /** Where a workload goes that never ran and of which its user said nothing. */
  public enum Policy {
    /** Where the belief makes it cheapest, or soonest done. */
    AUTO("auto"),
    /** To the function, if it can take it: found out fast, and at most a Timeout is wasted. */
    FUNCTION("function"),
    /** To Batch, if a queue can take it: nothing is wasted by a run that turns out long. */
    BATCH("batch");

    private final String word;

    Policy(String word) {
      this.word = word;
    }

    /** The word users write. */
    public String word() {
      return word;
    }

    /** Finds a policy by its word. */
    public static Optional<Policy> of(String word) {
      return Arrays.stream(values()).filter(p -> p.word.equals(word)).findFirst();
    }
  }

  /**
   * Round figures; the first runs of real workloads lie within, and what is decided hardly moves
   * with them.
   */
  public static final FirstSight DEFAULT = new FirstSight(3, 3e6, 1.5, 60, 2, Policy.AUTO);

  /** The same belief under another policy. */
  public FirstSight under(Policy other) {
    return new FirstSight(
        medianSeconds, bytesPerSecond, spread, unknownMedianSeconds, unknownSpread, other);
  }

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
