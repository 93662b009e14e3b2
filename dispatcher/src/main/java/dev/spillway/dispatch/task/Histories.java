package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Starts;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import java.util.OptionalDouble;
import java.util.function.BiConsumer;

/** Port: what is remembered of workloads' runs. */
@FunctionalInterface
public interface Histories {
  /** Nothing is remembered. */
  Histories NONE = _ -> RunHistory.NONE;

  /**
   * What is remembered of a workload.
   *
   * @param workload see {@link Profiles#historyName}
   */
  RunHistory of(String workload);

  /** How long a place took of late before code ran, seconds; see {@link Starts}. */
  default OptionalDouble start(Starts.Place place) {
    return OptionalDouble.empty();
  }

  /** Forgets all runs of a workload, for good; harmless when none is remembered. */
  default void forget(String workload) {
    // Where nothing is remembered, nothing is to be forgotten.
  }

  /** Shows every workload of which a run is remembered, in no promised order. */
  default void each(BiConsumer<String, RunHistory> visitor) {
    // Where nothing is remembered, nothing is shown.
  }
}
