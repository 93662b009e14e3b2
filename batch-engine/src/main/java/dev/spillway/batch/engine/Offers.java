package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Catalogue;
import dev.spillway.batch.capacity.InstanceType;
import dev.spillway.batch.capacity.Offer;
import dev.spillway.batch.capacity.SpotMarket;
import dev.spillway.batch.computeenvironment.AllocationStrategy;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.scheduling.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which instance types each environment can have now. Held by one thread. */
final class Offers {
  /** A type that could not be had is not asked for again for so long. */
  private static final Duration UNAVAILABLE_FOR = Duration.ofMinutes(1);

  private static final Duration PRICES_HOLD = Duration.ofHours(1);

  private final Catalogue catalogue;
  private final SpotMarket market;
  private final Map<String, Known> known = new HashMap<>();
  private final Map<String, Map<String, Instant>> unavailable = new HashMap<>();

  /** What was worked out for an environment, and until when it holds. */
  private record Known(
      long version,
      List<Offer> offers,
      List<Size> sizes,
      List<Size> all,
      Optional<String> shortOf,
      Instant until) {}

  Offers(Catalogue catalogue, SpotMarket market) {
    this.catalogue = catalogue;
    this.market = market;
  }

  /** None of that type is to be had for a while. */
  void unavailable(String environment, String type, Instant now) {
    unavailable
        .computeIfAbsent(environment, _ -> new HashMap<>())
        .put(type, now.plus(UNAVAILABLE_FOR));
    known.remove(environment);
  }

  /**
   * When to look again for what cannot be had now; what nobody has asked for since, nobody needs.
   */
  Optional<Instant> lookAgain(Instant now) {
    return known.values().stream()
        .filter(k -> k.shortOf().isPresent())
        .map(Known::until)
        .filter(until -> until.isAfter(now))
        .min(Instant::compareTo);
  }

  void forget(String environment) {
    known.remove(environment);
    unavailable.remove(environment);
  }

  List<Offer> now(ComputeEnvironment e, Instant now) {
    return known(e, now).offers();
  }

  /** Whether there is any type as the environment wants it. */
  boolean any(ComputeEnvironment e) {
    return !e.resources().kind().scales()
        || !catalogue.expand(e.resources().instanceTypes()).isEmpty();
  }

  Snapshot.Growth growth(
      ComputeEnvironment e, List<Snapshot.Instance> coming, long vcpuMillis, Instant now) {
    if (!e.resources().kind().scales()) {
      return Snapshot.Growth.NONE;
    }
    Known its = known(e, now);
    return new Snapshot.Growth(
        coming,
        e.maxVcpus() * 1000L - vcpuMillis,
        e.resources().mayGoOver(),
        its.sizes(),
        its.all(),
        e.maxVcpus() * 1000L,
        e.resources().kind() == ComputeResources.Kind.EC2,
        its.shortOf());
  }

  private Known known(ComputeEnvironment e, Instant now) {
    Known its = known.get(e.name());
    if (its == null || its.version() != e.version() || !now.isBefore(its.until())) {
      its = workOut(e, now);
      known.put(e.name(), its);
    }
    return its;
  }

  private Known workOut(ComputeEnvironment e, Instant now) {
    boolean spot = e.resources().kind() == ComputeResources.Kind.SPOT;
    Map<String, Instant> without = unavailable.getOrDefault(e.name(), new HashMap<>());
    without.values().removeIf(until -> !until.isAfter(now));
    Instant hour = now.truncatedTo(ChronoUnit.HOURS).plus(PRICES_HOLD);
    Instant until = without.values().stream().min(Instant::compareTo).orElse(hour);
    List<InstanceType> types =
        e.resources().kind().scales() ? catalogue.expand(e.resources().instanceTypes()) : List.of();
    List<Offer> offers = new ArrayList<>();
    Optional<String> shortOf = without.keySet().stream().sorted().findFirst();
    for (InstanceType type : types) {
      if (spot && !market.buys(type, e.resources().bidPercentage(), now)) {
        shortOf = shortOf.or(() -> Optional.of(type.name()));
      } else if (!without.containsKey(type.name())) {
        offers.add(new Offer(type, spot ? market.price(type, now) : type.onDemandNanos()));
      }
    }
    if (!without.isEmpty() && e.resources().strategy() == AllocationStrategy.BEST_FIT) {
      offers.clear(); // it waits for its one type
    }
    return new Known(
        e.version(),
        List.copyOf(offers),
        offers.stream().map(o -> o.type().size()).distinct().toList(),
        types.stream().map(InstanceType::size).distinct().toList(),
        shortOf,
        until.isBefore(hour) ? until : hour);
  }
}
