package dev.spillway.dispatch.routing.cost;

import static dev.spillway.dispatch.routing.cost.StartTimes.seconds;

import dev.spillway.dispatch.routing.cost.Prices.InstanceType;
import dev.spillway.dispatch.routing.cost.Prices.Size;
import java.util.List;
import java.util.Optional;

/** The tariffs of AWS's places, by list prices. Source: AWS's billing rules of each service. */
public final class Tariffs {
  /** Fargate and EC2 bill no less than this many seconds. */
  private static final double LEAST_SECONDS = 60;

  private static final double HOUR = 3600;
  private static final double HOURS_A_MONTH = 730;
  private static final double MIB_A_GB = 1024;

  private final Prices prices;
  private final StartTimes starts;

  /** Over prices and times. */
  public Tariffs(Prices prices, StartTimes starts) {
    this.prices = prices;
    this.starts = starts;
  }

  public Prices prices() {
    return prices;
  }

  /**
   * What is known of a queue's instances.
   *
   * @param instanceTypes types or families that its environment allows
   * @param up true when one with room is up, or work of others keeps them up anyway
   * @param waitSeconds of a job sent now, before a place is free
   */
  public record Instances(List<String> instanceTypes, boolean up, double waitSeconds) {
    public Instances {
      instanceTypes = List.copyOf(instanceTypes);
    }
  }

  /**
   * A function: by the millisecond, its start included, and each request.
   *
   * @param limitSeconds after which it is ended
   */
  public Tariff function(long memoryMib, long diskMib, String architecture, double limitSeconds) {
    double gbSecond = prices.functions().getOrDefault(architecture, 0.0);
    long paidDisk = Math.max(0, diskMib - prices.storage().freeMib());
    double perSecond =
        memoryMib / MIB_A_GB * gbSecond + paidDisk / MIB_A_GB * prices.storage().gbSecond();
    return new Tariff(
        prices.functionRequest(),
        perSecond,
        0,
        seconds(starts.functionBilled()),
        seconds(starts.function()),
        limitSeconds,
        0,
        Optional.empty());
  }

  /**
   * Fargate: by the second from the pull of the image on, a minute at least.
   *
   * @return empty when Fargate sells no such size
   */
  public Optional<Tariff> fargate(Size size, boolean spot, double queueSeconds) {
    Prices.Fargate price =
        (spot ? prices.fargateSpot() : prices.fargate()).get(size.architecture());
    if (price == null) {
      return Optional.empty();
    }
    return FargateSize.holding(size.vcpus(), size.memoryMib())
        .map(
            sold -> {
              double gb = sold.memoryMib() / MIB_A_GB;
              double disk =
                  Math.max(0, size.diskMib() / MIB_A_GB - prices.fargateStorage().freeGb());
              double hour =
                  sold.vcpus() * price.vcpuHour()
                      + gb * price.gbHour()
                      + disk * prices.fargateStorage().gbHour();
              return new Tariff(
                  0,
                  hour / HOUR,
                  LEAST_SECONDS,
                  seconds(starts.fargateBilled()),
                  queueSeconds + seconds(starts.fargate()),
                  Double.POSITIVE_INFINITY,
                  loss(price.reclaimedAMonth()),
                  Optional.empty());
            });
  }

  /**
   * EC2: a job pays its part of an instance that is up anyway, and for a new one all of it, from
   * its start until it has been idle for long enough.
   *
   * @return empty when no type that is allowed holds the size
   */
  public Optional<Tariff> ec2(Size size, boolean spot, Instances instances) {
    InstanceType type = prices.cheapest(size, instances.instanceTypes(), spot);
    if (type == null) {
      return Optional.empty();
    }
    return Optional.of(instances.up() ? part(type, size, spot, instances) : whole(type, spot));
  }

  private Tariff part(InstanceType type, Size size, boolean spot, Instances instances) {
    return new Tariff(
        0,
        type.hour(spot) / HOUR * type.part(size),
        0,
        seconds(starts.job()),
        instances.waitSeconds() + seconds(starts.job()),
        Double.POSITIVE_INFINITY,
        spot ? loss(type.reclaimedAMonth()) : 0,
        Optional.of(new Basis(Basis.Kind.PART_OF_INSTANCE, type.name(), 0)));
  }

  private Tariff whole(InstanceType type, boolean spot) {
    double start = seconds(starts.instance());
    double idle = seconds(starts.instanceIdle());
    return new Tariff(
        type.hour(spot) / HOUR * (start + idle),
        type.hour(spot) / HOUR,
        0,
        seconds(starts.job()),
        start + seconds(starts.job()),
        Double.POSITIVE_INFINITY,
        spot ? loss(type.reclaimedAMonth()) : 0,
        Optional.of(new Basis(Basis.Kind.NEW_INSTANCE, type.name(), start + idle)));
  }

  /** Source: the Spot Instance Advisor's share of a month, as a constant rate. */
  private static double loss(double reclaimedAMonth) {
    return -Math.log1p(-reclaimedAMonth) / (HOURS_A_MONTH * HOUR);
  }
}
