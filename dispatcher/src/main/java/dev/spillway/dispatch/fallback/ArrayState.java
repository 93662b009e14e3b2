package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.Orders.Leg;
import dev.spillway.dispatch.routing.RoutePlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the parent of an array knows of its children. They are tasks of their own once they are
 * made, in the order of their index.
 *
 * @param size number of children; 0 until the object with their payloads was read
 * @param canary how many go first, alone; 0 when all go at once
 * @param made children below this index have been made, but for those that had ended before
 * @param plan where the children that are made next go; empty until dependencies are met
 * @param planned what the plan is for
 * @param source SHA-256 of the object with the payloads, once it was read
 * @param waits for whom each child waits
 * @param earlier how many succeeded in an earlier run, and have no record of this one
 * @param rerunOf the array that those ran in
 * @param spent by children that have ended, those of an earlier run left out
 * @param stopping why no more are made and those that are there are stopped
 */
public record ArrayState(
    int size,
    int canary,
    int made,
    ChildEnds ends,
    Optional<ChildPlan> plan,
    Planned planned,
    Optional<String> source,
    Waits waits,
    int earlier,
    Optional<String> rerunOf,
    Spent spent,
    Optional<String> stopping) {

  /**
   * Dependencies of children.
   *
   * @param arrays child n waits for child n of these
   * @param sequential child n waits for child n - 1
   */
  public record Waits(List<String> arrays, boolean sequential) {
    /** Children wait for nobody. */
    public static final Waits NONE = new Waits(List.of(), false);

    public Waits {
      arrays = List.copyOf(arrays);
    }
  }

  /** How far planning has come. */
  public enum Planned {
    NOTHING,
    CANARY,
    ALL
  }

  /** Where children go. */
  public record ChildPlan(RoutePlan plan, List<Leg> legs) {
    public ChildPlan {
      legs = List.copyOf(legs);
    }
  }

  /** What is to be done for an array next. */
  public sealed interface Work {
    /** Wait for children to end. */
    record Wait() implements Work {}

    /** Read the payloads, if they are an object, and plan. */
    record Plan() implements Work {}

    /** The canary has ended: plan the rest with what it taught. */
    record PlanRest() implements Work {}

    /** Make these children and send them. */
    record Make(List<Integer> indices, int upTo) implements Work {}

    /** Stop the children that are there. */
    record Stop(String reason, List<Integer> indices) implements Work {}
  }

  /** Children made in one commit. */
  static final int AT_ONCE = 500;

  /** Unfinished children that are there at the same time; more would only wait in memory. */
  static final int AHEAD_ON_FUNCTION = 2_000;

  /** A queue takes any number; so many are an array job of AWS. */
  static final int AHEAD_ON_BATCH = 10_000;

  /**
   * Before anything was made.
   *
   * @param size 0 when only the object with the payloads tells
   * @param waits for whom each child waits
   * @param rerunOf an array of which only what did not succeed is run again
   * @param before children that succeeded in that
   */
  public static ArrayState begin(
      int size, Waits waits, Optional<String> rerunOf, ChildEnds before) {
    return new ArrayState(
        size,
        0,
        0,
        before,
        Optional.empty(),
        Planned.NOTHING,
        Optional.empty(),
        waits,
        before.successes(),
        rerunOf,
        Spent.NOTHING,
        Optional.empty());
  }

  /** What is to be done next, once dependencies are met. */
  public Work next() {
    if (stopping.isPresent()) {
      List<Integer> left = unfinished();
      return left.isEmpty() ? new Work.Wait() : new Work.Stop(stopping.get(), left);
    }
    return switch (planned) {
      case NOTHING -> new Work.Plan();
      case CANARY -> canaryEnded() ? new Work.PlanRest() : make(Math.min(canary, size));
      case ALL -> make(size);
    };
  }

  private Work make(int below) {
    int ahead =
        plan.map(p -> p.legs().getFirst().route().batch()).orElse(false)
            ? AHEAD_ON_BATCH
            : AHEAD_ON_FUNCTION;
    int room = Math.min(AT_ONCE, ahead - (made - ends.endedBelow(made)));
    List<Integer> indices = new ArrayList<>();
    int index = made;
    while (index < below && indices.size() < room) {
      if (!ends.ended(index)) {
        indices.add(index);
      }
      index++;
    }
    // A commit for a handful of them, again and again, would cost more than the wait for room.
    boolean handful = index < below && indices.size() < AT_ONCE / 5;
    return indices.isEmpty() || handful ? new Work.Wait() : new Work.Make(indices, index);
  }

  private List<Integer> unfinished() {
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < made; i++) {
      if (!ends.ended(i)) {
        left.add(i);
      }
    }
    return left;
  }

  /** True when all of the canary have ended. */
  public boolean canaryEnded() {
    return canary > 0 && ends.endedBelow(canary) == canary;
  }

  /** True when nothing more will end. */
  boolean over() {
    return stopping.isPresent()
        ? ends.endedBelow(made) == made
        : planned == Planned.ALL && ends.endedBelow(size) == size;
  }

  /**
   * How a child ended, when that is known here.
   *
   * @param terminal whether the array itself has ended: then a child that was never made has failed
   */
  public Optional<Boolean> outcome(int index, boolean terminal) {
    return ends.ended(index) || terminal ? Optional.of(ends.succeeded(index)) : Optional.empty();
  }

  ArrayState planned(ChildPlan next, Planned how) {
    return new ArrayState(
        size,
        canary,
        made,
        ends,
        Optional.of(next),
        how,
        source,
        waits,
        earlier,
        rerunOf,
        spent,
        stopping);
  }

  ArrayState read(int newSize, int newCanary, Optional<String> sha256) {
    return new ArrayState(
        newSize, newCanary, made, ends, plan, planned, sha256, waits, earlier, rerunOf, spent,
        stopping);
  }

  ArrayState madeUpTo(int upTo) {
    return new ArrayState(
        size,
        canary,
        Math.max(made, upTo),
        ends,
        plan,
        planned,
        source,
        waits,
        earlier,
        rerunOf,
        spent,
        stopping);
  }

  /** The first end of a child is the one that counts, and is paid for. */
  ArrayState ended(Map<Integer, ChildEnd> more) {
    Map<Integer, Boolean> succeeded = new LinkedHashMap<>();
    Spent sum = spent;
    for (Map.Entry<Integer, ChildEnd> end : more.entrySet()) {
      if (!ends.ended(end.getKey())) {
        succeeded.put(end.getKey(), end.getValue().succeeded());
        sum = sum.plus(end.getValue().spent());
      }
    }
    return new ArrayState(
        size,
        canary,
        made,
        ends.with(succeeded),
        plan,
        planned,
        source,
        waits,
        earlier,
        rerunOf,
        sum,
        stopping);
  }

  ArrayState stoppingFor(String reason) {
    return new ArrayState(
        size,
        canary,
        made,
        ends,
        plan,
        planned,
        source,
        waits,
        earlier,
        rerunOf,
        spent,
        stopping.or(() -> Optional.of(reason)));
  }
}
