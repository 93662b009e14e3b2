package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import java.time.Instant;

/**
 * Port: finds the place for the children of an array, when they are about to be made.
 *
 * <p>It is asked once for the canary and once more for the rest, so that what the canary taught the
 * histories meanwhile counts.
 */
@FunctionalInterface
interface ArrayPlanner {

  /**
   * A place.
   *
   * @param child one child, with the largest of the payloads
   * @param canary how many of the children go first; 0 when enough is known of them
   * @param most children that one array may have
   */
  record Answer(ChildPlan plan, int canary, int most) {}

  /**
   * Plans.
   *
   * @param child a document with the largest of the payloads
   * @param before children that are sent before the last one, which is the one that is planned
   * @throws RefusedException when there is no place for it; says why
   */
  Answer plan(TaskDocument child, long before, Instant now);
}
