package dev.spillway.batch.scheduling;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a queue shares its capacity: the numbers of a scheduling policy.
 *
 * <p>Source: user guide, scheduling policy parameters; API FairsharePolicy.
 *
 * @param window in which use counts
 * @param computeReservation percent kept free for shares that are not active: to the power of how
 *     many are
 */
public record FairShare(Duration window, int computeReservation, List<Weight> weights) {
  private static final Duration DEFAULT_WINDOW = Duration.ofMinutes(10);

  /**
   * A share, or with {@code *} at its end all that begin so.
   *
   * @param factor the lower, the more it gets
   */
  public record Weight(String shareIdentifier, double factor) {
    private boolean prefix() {
      return shareIdentifier.endsWith("*");
    }

    private boolean matches(String share) {
      return prefix()
          ? share.startsWith(shareIdentifier.substring(0, shareIdentifier.length() - 1))
          : share.equals(shareIdentifier);
    }
  }

  /** {@code shareDecaySeconds} 0 stands for the default. */
  public static FairShare of(long shareDecaySeconds, int computeReservation, List<Weight> weights) {
    return new FairShare(
        shareDecaySeconds == 0 ? DEFAULT_WINDOW : Duration.ofSeconds(shareDecaySeconds),
        computeReservation,
        weights);
  }

  /** After this long, use counts half. */
  public Duration halfLife() {
    return window.dividedBy(2);
  }

  /**
   * The factor of each active share. Those of one prefix divide one portion: each has the factor
   * times their number.
   */
  public Map<String, Double> factors(Collection<String> active) {
    Map<String, Double> factors = new HashMap<>();
    active.forEach(share -> factors.put(share, 1.0));
    for (Weight weight : weights) {
      List<String> its = active.stream().filter(weight::matches).toList();
      double factor = weight.prefix() ? weight.factor() * its.size() : weight.factor();
      its.forEach(share -> factors.put(share, factor));
    }
    return factors;
  }

  /** How much of a capacity that many active shares may hold together. */
  public long usable(long vcpuMillis, int activeShares) {
    return vcpuMillis - (long) (vcpuMillis * Math.pow(computeReservation / 100.0, activeShares));
  }
}
