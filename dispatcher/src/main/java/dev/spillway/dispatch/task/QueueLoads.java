package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Load;

/** Port: how busy the queues are. Asked for every plan, so it answers from memory. */
@FunctionalInterface
public interface QueueLoads {
  /** Nothing is known of any queue. */
  QueueLoads UNKNOWN = _ -> Load.UNKNOWN;

  /** Of one queue; {@link Load#UNKNOWN} when it is not known, or was not seen lately. */
  Load of(String jobQueue);
}
