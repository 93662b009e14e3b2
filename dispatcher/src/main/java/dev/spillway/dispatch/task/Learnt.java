package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.cost.PriceList;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.stack.Workloads;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is known of workloads: their forms, what was learnt of them, where they go now. */
public final class Learnt {
  /** Tasks that are looked through for changes of route. */
  private static final int LOOKED_THROUGH = 500;

  private static final int MOST_CHANGES = 20;

  private final Workloads workloads;
  private final Histories histories;
  private final TaskStore store;
  private final Planner planner;
  private final InstantSource clock;

  Learnt(
      Workloads workloads,
      Histories histories,
      TaskStore store,
      Planner planner,
      InstantSource clock) {
    this.workloads = workloads;
    this.histories = histories;
    this.store = store;
    this.planner = planner;
    this.clock = clock;
  }

  /**
   * One workload.
   *
   * @param workload empty when it is not registered, but runs under its name are remembered: those
   *     of an image that tasks bring, or of a workload that the template has no more
   * @param now where a task of it would go that brings nothing but an input as large as most have
   */
  public record View(
      String name, Optional<Workload> workload, RunHistory history, Optional<RoutePlan> now) {}

  /** Those that are registered. */
  public List<View> all() {
    return workloads.list().stream().map(this::view).toList();
  }

  private View view(Workload workload) {
    return new View(
        workload.name(),
        Optional.of(workload),
        histories.of(workload.name()),
        Optional.of(planner.ordinary(workload, clock.instant())));
  }

  /**
   * One by its name.
   *
   * @throws RefusedException when it is neither registered nor remembered
   */
  public View of(String name) {
    Optional<Workload> workload = workloads.find(name);
    if (workload.isPresent()) {
      return view(workload.get());
    }
    RunHistory history = histories.of(name);
    if (history.isEmpty()) {
      throw none(name);
    }
    return new View(name, Optional.empty(), history, Optional.empty());
  }

  private static RefusedException none(String name) {
    return RefusedException.notFound(
        "There is no workload "
            + (name.length() > 64 ? name.substring(0, 64) + "…" : name)
            + ". GET /workloads lists those that are registered.");
  }

  /** The prices that plans go by. */
  public PriceList prices() {
    return planner.prices();
  }

  /** When its tasks began to go elsewhere, newest first. */
  List<RouteChanges.Change> changes(String name) {
    var filter =
        new TaskStore.Filter(
            List.of(),
            Optional.of(name),
            Optional.empty(),
            Map.of(),
            Optional.empty(),
            Optional.empty());
    return RouteChanges.of(
        store.list(filter, Optional.empty(), LOOKED_THROUGH).tasks(), MOST_CHANGES);
  }

  /**
   * Forgets what was learnt of a workload.
   *
   * @return how it is after that
   * @throws RefusedException when it is neither registered nor remembered
   */
  public View forget(String name) {
    View before = of(name);
    histories.forget(name);
    return before.workload().isPresent()
        ? of(name)
        : new View(name, Optional.empty(), histories.of(name), Optional.empty());
  }
}
