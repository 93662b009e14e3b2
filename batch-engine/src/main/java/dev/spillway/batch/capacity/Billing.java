package dev.spillway.batch.capacity;

import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.job.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/**
 * What things cost.
 *
 * <p>An instance is paid for by the second from its launch, for a minute at least; on Spot at its
 * pool's price. An attempt's part of it goes by what it holds: a vCPU weighs as much as 9 GiB.
 * Fargate: its vCPUs and memory by the second, for a minute at least. <br>
 * Units: billionths of a dollar. <br>
 * Source: EC2 and Fargate pricing; split cost allocation data, which weighs 9 to 1.
 */
public record Billing(Catalogue catalogue, SpotMarket market) {
  private static final Duration LEAST = Duration.ofMinutes(1);
  private static final double HOUR = Duration.ofHours(1).toMillis();
  private static final double GIB_OF_A_VCPU = 9;

  /** Of a whole instance; what nobody sells costs nothing. */
  public long instance(Instance instance, Instant from, Instant to) {
    return priced(instance, from, atLeast(from, to));
  }

  /** Of an attempt that held {@code held} of it. */
  public long attempt(Instance instance, Size held, Instant from, Instant to) {
    double all = weight(instance.size());
    return all == 0 ? 0 : Math.round(priced(instance, from, to) * Math.min(1, weight(held) / all));
  }

  /**
   * Of an attempt wherever it was.
   *
   * @param on where it is, or was
   * @param instances by id; one that is not known costs nothing
   */
  public Charge attempt(
      Job job,
      int number,
      Placement on,
      Instant to,
      ComputeResources environment,
      Function<String, Optional<Instance>> instances) {
    JobSpec.Needs needs = job.spec().needs();
    Instant from = on.placedAt();
    Instant end = to.isBefore(from) ? from : to;
    boolean spot = environment.kind().spot();
    long nanos = 0;
    if (environment.kind().fargate()) {
      nanos = fargate(needs.size(), spot, from, end);
    } else {
      for (String id : on.instances()) {
        nanos +=
            instances
                .apply(id)
                .map(i -> attempt(i, needs.gang() ? i.size() : needs.size(), from, end))
                .orElse(0L);
      }
    }
    Optional<Instance> main = instances.apply(on.instanceId());
    return new Charge(
        on.computeEnvironment(),
        Optional.of(
            new Charge.Attempt(
                job.id(), number, job.spec().jobQueue(), job.spec().share().identifier())),
        main.map(Instance::id),
        main.map(Instance::type),
        spot,
        from,
        end,
        nanos);
  }

  /** Of a whole instance, until then. */
  public Charge instance(Instance instance, Instant to) {
    return new Charge(
        instance.computeEnvironment(),
        Optional.empty(),
        Optional.of(instance.id()),
        Optional.of(instance.type()),
        instance.market() == Instance.Market.SPOT,
        instance.launchedAt(),
        to,
        instance(instance, instance.launchedAt(), to));
  }

  /** Of a Fargate task. */
  public long fargate(Size size, boolean spot, Instant from, Instant to) {
    long hour = catalogue.fargateNanos(size, spot, "X86_64");
    return Math.round(hour * (Duration.between(from, atLeast(from, to)).toMillis() / HOUR));
  }

  private long priced(Instance instance, Instant from, Instant to) {
    InstanceType type = catalogue.type(instance.type());
    if (type == null || !from.isBefore(to)) {
      return 0;
    }
    return switch (instance.market()) {
      case HOST -> 0;
      case SPOT -> market.cost(type, from, to);
      case ON_DEMAND ->
          Math.round(type.onDemandNanos() * (Duration.between(from, to).toMillis() / HOUR));
    };
  }

  private static Instant atLeast(Instant from, Instant to) {
    Instant least = from.plus(LEAST);
    return to.isBefore(least) ? least : to;
  }

  private static double weight(Size size) {
    return size.vcpuMillis() / 1000.0 * GIB_OF_A_VCPU + size.memoryMib() / 1024.0;
  }
}
