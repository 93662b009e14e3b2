package dev.spillway.dispatch.stack;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Workload;
import java.util.List;
import java.util.Optional;

/** What the applied template offers the dispatcher. */
public interface Workloads {

  Optional<Workload> find(String name);

  List<Workload> list();

  /** Queues tagged {@code spillway:dispatch}, highest priority first. */
  List<BatchQueue> queues();
}
