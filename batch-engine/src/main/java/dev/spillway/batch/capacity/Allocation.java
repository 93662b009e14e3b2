package dev.spillway.batch.capacity;

import dev.spillway.batch.computeenvironment.AllocationStrategy;
import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.job.Size;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which type the next instance has.
 *
 * <p>Price counts by the jobs it is paid for: the hour's price over how many of those that wait the
 * type holds at once. Source: user guide, allocation strategies; how AWS weighs "best fit" is not
 * published.
 */
final class Allocation {
  /** How much one percent of interruptions a month weighs against one percent of price. */
  private static final double RISK_WEIGHT = 2;

  private Allocation() {}

  /**
   * The best of the offers, in the order of the environment's {@code instanceTypes}.
   *
   * @param wanted how many jobs of that size wait
   * @param leftVcpuMillis up to {@code maxvCpus}
   */
  static Optional<Offer> choose(
      ComputeResources resources, List<Offer> offers, Size size, long wanted, long leftVcpuMillis) {
    List<Offer> able = offers.stream().filter(o -> o.type().size().holds(size)).toList();
    List<Offer> within =
        able.stream().filter(o -> o.type().size().vcpuMillis() <= leftVcpuMillis).toList();
    Comparator<Offer> best = order(resources, size, wanted);
    if (resources.strategy() == AllocationStrategy.BEST_FIT) {
      // One type only: when that one does not fit, the job waits.
      return able.stream()
          .min(best)
          .filter(o -> resources.mayGoOver() ? leftVcpuMillis > 0 : within.contains(o));
    }
    if (leftVcpuMillis <= 0) {
      return Optional.empty();
    }
    return within.stream().min(best).or(() -> able.stream().min(best));
  }

  private static Comparator<Offer> order(ComputeResources resources, Size size, long wanted) {
    Comparator<Offer> price =
        Comparator.comparingDouble((Offer o) -> perJob(o, size, wanted))
            .thenComparing(o -> -o.type().size().vcpuMillis())
            .thenComparing(o -> o.type().name());
    Comparator<Offer> listed = Comparator.comparingInt(o -> place(o.type(), resources));
    return switch (resources.strategy()) {
      case BEST_FIT -> Comparator.comparingLong(Offer::nanos).thenComparing(o -> o.type().name());
      case BEST_FIT_PROGRESSIVE -> price;
      case BEST_FIT_PROGRESSIVE_ORDERED -> listed.thenComparing(price);
      case SPOT_CAPACITY_OPTIMIZED ->
          Comparator.comparingDouble((Offer o) -> o.type().interruption()).thenComparing(price);
      case SPOT_PRICE_CAPACITY_OPTIMIZED ->
          Comparator.comparingDouble(
                  (Offer o) ->
                      perJob(o, size, wanted) * (1 + RISK_WEIGHT * o.type().interruption()))
              .thenComparing(price);
      case SPOT_CAPACITY_OPTIMIZED_PRIORITIZED ->
          Comparator.comparingDouble((Offer o) -> o.type().interruption())
              .thenComparing(listed)
              .thenComparing(price);
    };
  }

  /** Of the entry that names the type, its family, or a bundle with it. */
  private static int place(InstanceType type, ComputeResources resources) {
    List<String> given = resources.instanceTypes();
    int named = given.indexOf(type.name());
    if (named < 0) {
      named = given.indexOf(type.family());
    }
    if (named >= 0) {
      return named;
    }
    for (int i = 0; i < given.size(); i++) {
      if (Catalogue.builtIn().expand(List.of(given.get(i))).contains(type)) {
        return i;
      }
    }
    return given.size();
  }

  private static double perJob(Offer offer, Size size, long wanted) {
    return (double) offer.nanos() / Math.min(wanted, offer.type().size().times(size));
  }
}
