package dev.spillway.dispatch.stack;

import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Workload;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What the applied template offers the dispatcher. */
public interface Workloads {

  Optional<Workload> find(String name);

  List<Workload> list();

  /** Queues tagged {@code spillway:dispatch}, highest priority first. */
  List<BatchQueue> queues();

  /** How many calls of a function may run at once; empty where only the account limits them. */
  default OptionalInt reservedConcurrency(String functionName) {
    return OptionalInt.empty();
  }

  /**
   * The most memory that a job of this queue can have, MiB; {@link Long#MAX_VALUE} where nothing
   * limits it that is known.
   */
  default long mostMemoryMib(String jobQueue) {
    return Long.MAX_VALUE;
  }
}
