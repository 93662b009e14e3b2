package dev.spillway.dispatch.routing;

import java.util.List;

/**
 * What is known of the places when a task is planned.
 *
 * @param queues that it may be sent to, each as busy as it is
 * @param function how busy the workload's function is
 * @param starts come before the times of the file of limits
 * @param ahead what the queues and the function do not show yet
 */
public record Situation(List<BatchQueue> queues, Load function, Starts starts, Ahead ahead) {

  /** Nothing is known but the queues. */
  public static Situation of(List<BatchQueue> queues) {
    return new Situation(queues, Load.UNKNOWN, Starts.NONE, Ahead.NONE);
  }
}
