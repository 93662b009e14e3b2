package dev.spillway.dispatch.routing;

import java.util.OptionalDouble;

/** Port: how long places took of late before code ran in them. */
@FunctionalInterface
public interface Starts {
  /** Nothing was seen. */
  Starts NONE = _ -> OptionalDouble.empty();

  /** Seconds, any wait in its queue excepted; empty when too few starts were seen to go by. */
  OptionalDouble seconds(Place place);

  /**
   * Where code starts in a way of its own.
   *
   * @param name of the function, or of the queue
   * @param newInstance an instance had to be started for it
   */
  record Place(Route route, String name, boolean newInstance) {}
}
