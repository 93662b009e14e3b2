package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.prediction.RunHistory;
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

  /** All that is remembered, in the order of the names. */
  default void each(BiConsumer<String, RunHistory> reader) {}

  /** Forgets a workload; harmless when nothing is known of it. */
  default void forget(String workload) {}
}
