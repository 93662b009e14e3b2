package dev.spillway.lambda.function;

import java.util.Optional;

/**
 * A name for a version, or for two that share the calls.
 *
 * @param additional a second version and the share of calls, 0 to 1, that goes to it
 */
public record FunctionAlias(
    String name,
    String version,
    String description,
    Optional<Weight> additional,
    String revisionId) {

  /** A version and its share of the calls. */
  public record Weight(String version, double share) {}
}
