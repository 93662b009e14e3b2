package dev.spillway.lambda.runtimeapi;

import java.util.Map;

/**
 * What the surroundings give every worker: endpoint variables, credentials. A function's own
 * variable of the same name wins, except for what Lambda reserves.
 */
@FunctionalInterface
public interface AmbientVariables {

  /** Nothing is added. */
  AmbientVariables NONE = _ -> Map.of();

  /** Variables for one environment; called each time one is started. */
  Map<String, String> of(String functionName);
}
