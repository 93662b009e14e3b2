package dev.spillway.dispatch.fallback;

import java.time.Duration;

/**
 * What the step can be told.
 *
 * @param raiseFactor memory or disk of the next route, where the last one ran out of it
 * @param mostMemoryMib nothing is raised over this
 * @param mostDiskMib likewise
 * @param mostWaits how often one hop waits for a throttle to pass before the next route is taken
 * @param firstWait the first such wait; each next one is twice as long
 * @param longestWait no wait is longer
 * @param noCapacityAfter how long a job may stay in its queue while there is another route
 */
public record FallbackRules(
    CauseTable causes,
    int maxHops,
    double raiseFactor,
    long mostMemoryMib,
    long mostDiskMib,
    int mostWaits,
    Duration firstWait,
    Duration longestWait,
    Duration noCapacityAfter) {

  /** How long to wait when it was throttled for the {@code times}-th time, counted from 1. */
  Duration waiting(int times) {
    Duration wait = firstWait;
    for (int i = 1; i < times && wait.compareTo(longestWait) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(longestWait) > 0 ? longestWait : wait;
  }
}
