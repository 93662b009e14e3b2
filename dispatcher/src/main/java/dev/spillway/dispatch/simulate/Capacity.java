package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.Amounts;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * How much runs at once, and when work comes.
 *
 * @param maxVcpus of the Fargate environment that the jobs of all tasks share; empty for no limit
 * @param functionConcurrency functions that run at once; empty for no limit
 */
public record Capacity(OptionalInt maxVcpus, OptionalInt functionConcurrency, Arrivals arrivals) {
  /** No limit, and nobody else there. */
  public static final Capacity UNLIMITED =
      new Capacity(OptionalInt.empty(), OptionalInt.empty(), new Arrivals.Alone());

  /** When workflows are submitted. */
  public sealed interface Arrivals {
    /** Each when the one before has ended. */
    record Alone() implements Arrivals {}

    /** One after the other, so far apart. */
    record Every(Duration apart) implements Arrivals {}

    /** As the trace says. */
    record OfTrace() implements Arrivals {}
  }

  /** True when no task can be in the way of another one. */
  public boolean unlimited() {
    return equals(UNLIMITED);
  }

  /** What runs at once and when work comes, in half a sentence. */
  String places() {
    String batch =
        maxVcpus.isPresent()
            ? "Batch has " + Amounts.vcpus(maxVcpus.getAsInt())
            : "Batch has no limit";
    String functions =
        functionConcurrency.isPresent()
            ? Amounts.count(functionConcurrency.getAsInt()) + " at once"
            : "without limit";
    String arrive =
        switch (arrivals) {
          case Arrivals.Alone() -> "each workflow comes when the one before has ended";
          case Arrivals.Every(Duration apart) -> "a workflow comes every " + Amounts.time(apart);
          case Arrivals.OfTrace() -> "workflows come when the trace says";
        };
    return "%s, functions run %s; %s".formatted(batch, functions, arrive);
  }

  /**
   * One sentence or two.
   *
   * @param noCapacityAfter how long a job waits in the queue while its task has another route
   */
  String text(Duration noCapacityAfter) {
    String leaves =
        maxVcpus.isPresent()
            ? " A job without a place for "
                + Amounts.time(noCapacityAfter)
                + " goes to its task's next route, if there is one."
            : "";
    return places() + "; tasks wait for their parents." + leaves;
  }
}
