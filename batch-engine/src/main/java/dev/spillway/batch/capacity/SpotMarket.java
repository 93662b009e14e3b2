package dev.spillway.batch.capacity;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The Spot market: a price an hour for each pool, which is an instance type, and when an instance
 * is reclaimed. A pure function of its seed, so that a simulated day is the same twice.
 *
 * <p>Model: the price is on-demand less the type's usual saving, and swings around that by up to a
 * third over hours. An instance is reclaimed at a constant rate, the type's own or the one that is
 * configured; and at once when its pool's price passes its bid. <br>
 * Units: billionths of a dollar an hour.
 */
public record SpotMarket(long seed, Interruptions interruptions) {
  private static final double HOURS_OF_MONTH = 730;
  private static final long HOUR = Duration.ofHours(1).toMillis();

  /** Of Fargate Spot in a month: not published; as the least of EC2's bands. */
  private static final double FARGATE_INTERRUPTION = 0.03;

  private static final int LOOK_AHEAD_HOURS = 24 * 7;

  /**
   * How often instances are reclaimed.
   *
   * @param perHour chance that one is within an hour; empty for each type's own
   */
  public record Interruptions(boolean on, Optional<Double> perHour) {
    public static final Interruptions OFF = new Interruptions(false, Optional.empty());
  }

  public static final SpotMarket CALM = new SpotMarket(1, Interruptions.OFF);

  /** Price of a pool. */
  public long price(InstanceType type, Instant at) {
    long hour = Math.floorDiv(at.toEpochMilli(), HOUR);
    // The mean of three hours' draws moves more slowly than each.
    double swing =
        (draw(type.name(), hour) + draw(type.name(), hour - 1) + draw(type.name(), hour - 2)) / 3;
    double factor = 1 + (swing - 0.5) * 0.66;
    long usual = type.onDemandNanos() * (100 - type.spotSaving()) / 100;
    return Math.min(type.onDemandNanos(), Math.round(usual * factor));
  }

  /** What the instance cost from then to then, at the prices of those hours. */
  public long cost(InstanceType type, Instant from, Instant to) {
    double nanos = 0;
    Instant at = from;
    while (at.isBefore(to)) {
      Instant hourEnds = Instant.ofEpochMilli((Math.floorDiv(at.toEpochMilli(), HOUR) + 1) * HOUR);
      Instant until = hourEnds.isBefore(to) ? hourEnds : to;
      nanos += (double) price(type, at) * Duration.between(at, until).toMillis() / HOUR;
      at = until;
    }
    return Math.round(nanos);
  }

  /** Whether a bid, in percent of on-demand, buys one now. */
  public boolean buys(InstanceType type, int bidPercentage, Instant at) {
    return price(type, at) <= type.onDemandNanos() * bidPercentage / 100;
  }

  /** When an instance that came up at {@code upAt} will be reclaimed; empty for not in sight. */
  public Optional<Instant> reclaims(
      InstanceType type, String instanceId, int bidPercentage, Instant upAt) {
    if (!interruptions.on()) {
      return Optional.empty();
    }
    Optional<Instant> first =
        after(
            interruptions.perHour().orElseGet(() -> hourly(type.interruption())), instanceId, upAt);
    for (int h = 1; h <= LOOK_AHEAD_HOURS; h++) {
      Instant hour = Instant.ofEpochMilli((Math.floorDiv(upAt.toEpochMilli(), HOUR) + h) * HOUR);
      if (first.isPresent() && first.get().isBefore(hour)) {
        break;
      }
      if (!buys(type, bidPercentage, hour)) {
        return Optional.of(hour);
      }
    }
    return first;
  }

  /** When a task of Fargate Spot will be taken back, which was placed at {@code at}. */
  public Optional<Instant> takesBack(String taskId, Instant at) {
    return interruptions.on()
        ? after(interruptions.perHour().orElse(hourly(FARGATE_INTERRUPTION)), taskId, at)
        : Optional.empty();
  }

  private static double hourly(double monthly) {
    return 1 - Math.pow(1 - monthly, 1 / HOURS_OF_MONTH);
  }

  /** The first time of something with that chance in each hour. */
  private Optional<Instant> after(double perHour, String what, Instant from) {
    if (perHour <= 0) {
      return Optional.empty();
    }
    double hours = Math.log(1 - draw(what, 0)) / Math.log(1 - Math.min(perHour, 0.999_999));
    return hours < LOOK_AHEAD_HOURS * 52
        ? Optional.of(from.plusMillis((long) (hours * HOUR)))
        : Optional.empty();
  }

  /** From 0 to below 1, the same for the same words. */
  private double draw(String what, long number) {
    long h = seed * 0x9E3779B97F4A7C15L + number * 0xC2B2AE3D27D4EB4FL;
    for (int i = 0; i < what.length(); i++) {
      h = mixed(h ^ what.charAt(i));
    }
    return (mixed(h) >>> 11) * 0x1.0p-53;
  }

  /** Finaliser of MurmurHash3. */
  private static long mixed(long value) {
    long h = value;
    h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }
}
