package dev.spillway.batch.execution;

import java.util.Map;

/**
 * What the surroundings give every attempt: endpoint variables, region, credentials of its own. A
 * job definition's or job's variable of the same name wins.
 */
@FunctionalInterface
public interface AmbientEnvironment {

  /** Nothing is added. */
  AmbientEnvironment NONE = _ -> Map.of();

  /** Variables for one attempt; called each time the attempt is started. */
  Map<String, String> of(AttemptId attempt);
}
