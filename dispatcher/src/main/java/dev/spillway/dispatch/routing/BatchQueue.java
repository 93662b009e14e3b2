package dev.spillway.dispatch.routing;

import java.util.List;

/**
 * A queue that tasks may be sent to: one with the tag {@code spillway:dispatch}.
 *
 * @param route that it offers, by the kind of its first environment; never the function
 * @param maxVcpus of that environment
 * @param instanceTypes that it allows: types, families or {@code optimal}; empty for Fargate
 * @param load what is known of it now
 */
public record BatchQueue(
    String name, Route route, int priority, int maxVcpus, List<String> instanceTypes, Load load) {
  public BatchQueue {
    instanceTypes = List.copyOf(instanceTypes);
  }

  /** A queue of which nothing but its place in the template is known. */
  public BatchQueue(String name, Route route, int priority, int maxVcpus) {
    this(name, route, priority, maxVcpus, List.of(), Load.UNKNOWN);
  }

  /** The same, as busy as this. */
  public BatchQueue loaded(Load now) {
    return new BatchQueue(name, route, priority, maxVcpus, instanceTypes, now);
  }
}
