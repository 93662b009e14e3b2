package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.TaskProfile.Wishes;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Brings the routes that can take a task into the order in which they are tried. */
final class Ranking {
  private static final Comparator<Candidate> CHEAPEST =
      Comparator.comparingDouble(Candidate::cost)
          .thenComparingDouble(Candidate::finishSeconds)
          .thenComparing(Candidate::route);

  private static final Comparator<Candidate> SOONEST =
      Comparator.comparingDouble(Candidate::finishSeconds)
          .thenComparingDouble(Candidate::cost)
          .thenComparing(Candidate::route);

  private static final Comparator<Candidate> BALANCED =
      Comparator.<Candidate>comparingDouble(c -> c.cost() * c.finishSeconds())
          .thenComparing(CHEAPEST);

  private Ranking() {}

  static void rank(List<Candidate> candidates, Wishes wishes) {
    for (Candidate candidate : candidates) {
      candidate.estimate(candidates, wishes.deadline());
    }
    candidates.sort(order(wishes.objective()));
    wishes.deadline().ifPresent(d -> candidates.sort(punctual(d)));
  }

  private static Comparator<Candidate> order(Objective objective) {
    return switch (objective) {
      case COST -> CHEAPEST;
      case SPEED -> SOONEST;
      case BALANCED -> BALANCED;
    };
  }

  /** Those that meet it as surely as asked, cheapest first; then the others, surest first. */
  private static Comparator<Candidate> punctual(Deadline deadline) {
    return (a, b) -> {
      boolean first = a.onTime() >= deadline.probability();
      boolean second = b.onTime() >= deadline.probability();
      if (first != second) {
        return first ? -1 : 1;
      }
      int surer = first ? 0 : Double.compare(b.onTime(), a.onTime());
      return surer != 0 ? surer : CHEAPEST.compare(a, b);
    };
  }

  /**
   * Of a workload that nothing is known of, the operator's policy decides what comes first. Who
   * gave a deadline has asked for more than an operator can know.
   */
  static void firstSight(List<Candidate> candidates, Wishes wishes, FirstSight.Policy policy) {
    if (wishes.deadline().isEmpty()) {
      switch (policy) {
        case AUTO -> {}
        case FUNCTION -> candidates.sort(Comparator.comparing(c -> c.route().batch()));
        case BATCH -> candidates.sort(Comparator.comparing(c -> !c.route().batch()));
      }
    }
  }

  /** Of those without a limit, the one that a failed task would go to. */
  static Optional<Candidate> rescue(List<Candidate> candidates, Candidate failed) {
    Candidate cheapest = null;
    for (Candidate other : candidates) {
      if (other != failed
          && other.limitless()
          && (cheapest == null || other.plainCost() < cheapest.plainCost())) {
        cheapest = other;
      }
    }
    return Optional.ofNullable(cheapest);
  }
}
