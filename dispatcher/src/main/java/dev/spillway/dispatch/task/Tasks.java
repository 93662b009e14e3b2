package dev.spillway.dispatch.task;

import dev.spillway.dispatch.stack.Workloads;
import java.time.InstantSource;
import java.util.function.Supplier;

/** One dispatcher's tasks, as callers reach them. */
public record Tasks(TaskRequests requests, TaskLookup lookup, Learnt learnt) {

  /** Over its parts; {@code ids} gives UUIDs. From now on the runner plans arrays, too. */
  public static Tasks over(
      TaskStore store,
      Workloads workloads,
      Gateways gateways,
      Planning planning,
      InstantSource clock,
      Supplier<String> ids,
      TaskRunner runner,
      TaskEnds ends) {
    var planner = new Planner(workloads, gateways, planning);
    var arrays = new ArraySubmits(store, planning.arrays().most());
    var newTasks = new NewTasks(workloads, planner, gateways.batch(), arrays, clock, ids);
    var lookup = new TaskLookup(store, gateways.functions(), ends, clock);
    runner.planArraysBy(new ArrayPlans(planner, workloads, planning.arrays()));
    return new Tasks(
        new TaskRequests(store, newTasks, lookup, runner),
        lookup,
        new Learnt(workloads, planning.histories(), store, planner, clock));
  }
}
