package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.prediction.RunHistory;

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
}
