package dev.spillway.batch;

import dev.spillway.batch.capacity.SpotMarket;
import java.time.Duration;

/**
 * How instances behave here.
 *
 * @param launchDelay from the launch of an instance until it takes jobs
 * @param keepIdle how long an idle one is kept where its environment says nothing
 * @param joinWithin an environment whose instances do not come up in that time is INVALID
 * @param spotNotice between the notice that a Spot instance is reclaimed, and its end
 * @param market prices and interruptions of Spot
 * @param agesAfter so long at the head of its queue, and nothing passes a job any more
 */
public record CapacitySettings(
    Duration launchDelay,
    Duration keepIdle,
    Duration joinWithin,
    Duration spotNotice,
    SpotMarket market,
    Duration agesAfter) {
  public static final CapacitySettings DEFAULT =
      new CapacitySettings(
          Duration.ZERO,
          Duration.ofMinutes(1),
          Duration.ofMinutes(30),
          Duration.ofMinutes(2),
          SpotMarket.CALM,
          Duration.ofMinutes(15));
}
