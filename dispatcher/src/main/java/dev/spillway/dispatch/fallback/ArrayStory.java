package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.routing.PlanWords;
import dev.spillway.dispatch.routing.RoutePlan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Tells what became of an array, as {@link Story} does of a task. */
public final class ArrayStory {
  private static final int FAILURES_NAMED = 10;

  private ArrayStory() {}

  /** The lines of the story; what comes from outside stays on its line, as in {@link Story}. */
  public static List<String> tell(
      Story.Subject task, Journey journey, ArrayState array, Instant now) {
    List<String> lines = new ArrayList<>();
    lines.add(task.title() + " " + task.shortId() + ": " + headline(task, journey, array, now));
    canary(array).map(words -> "The " + words + ".").ifPresent(lines::add);
    lines.addAll(planned(array.plan().map(ChildPlan::plan).orElse(task.plan()), array));
    if (array.waits().sequential()) {
      lines.add("Each child waits for the one before it.");
    }
    for (String other : array.waits().arrays()) {
      lines.add(
          "Each child waits for the child of "
              + task.otherTitle().apply(other)
              + " with its index.");
    }
    array
        .rerunOf()
        .filter(_ -> array.earlier() > 0)
        .ifPresent(
            id ->
                lines.add(
                    Amounts.count(array.earlier())
                        + " of them succeeded in "
                        + task.otherTitle().apply(id)
                        + " and are not run again."));
    spent(journey, array.spent()).ifPresent(lines::add);
    List<Integer> failed = array.ends().firstFailures(FAILURES_NAMED);
    if (!failed.isEmpty()) {
      lines.add(
          "Failed"
              + (array.ends().failures() > failed.size() ? ", the first of them: " : ": ")
              + failed.stream().map(String::valueOf).collect(Collectors.joining(", "))
              + ". `spillway explain "
              + task.shortId()
              + ":"
              + failed.getFirst()
              + "` says why, `spillway logs "
              + task.shortId()
              + ":"
              + failed.getFirst()
              + "` has what it wrote.");
    }
    return lines.stream().map(Story::onOneLine).toList();
  }

  private static Optional<String> spent(Journey journey, Spent spent) {
    return spent.cost() == 0
        ? Optional.empty()
        : Optional.of(
            (journey.state().terminal() ? "Its children cost " : "Those that have ended cost ")
                + Amounts.usd(spent.cost())
                + (spent.wasted() > 0
                    ? ", of which " + Amounts.usd(spent.wasted()) + " was wasted."
                    : "."));
  }

  private static String headline(
      Story.Subject task, Journey journey, ArrayState array, Instant now) {
    String ended =
        Amounts.count(array.ends().successes())
            + " of "
            + (array.size() == 0 ? "its" : Amounts.count(array.size()))
            + " children succeeded, "
            + Amounts.count(array.ends().failures())
            + " failed";
    Instant since = journey.state().since();
    String passed = Amounts.time(Duration.between(since, now));
    String took = Amounts.time(Duration.between(task.createdAt(), since));
    return switch (journey.state()) {
      case TaskState.Pending p ->
          "PENDING for "
              + passed
              + ". It waits for "
              + p.waitingFor().stream().map(task.otherTitle()).collect(Collectors.joining(" and "))
              + ".";
      case TaskState.Runnable _ ->
          "RUNNABLE for " + passed + ". Its children are about to be made.";
      case TaskState.Starting _ -> "STARTING.";
      case TaskState.Running _ ->
          "RUNNING for "
              + passed
              + ". "
              + ended
              + ", "
              + Amounts.count((long) array.made() - array.ends().endedBelow(array.made()))
              + " are under way"
              + array.stopping().map(r -> ". It is being stopped: " + r).orElse("")
              + ".";
      case TaskState.Succeeded _ -> "SUCCEEDED after " + took + ": " + ended + ".";
      case TaskState.Failed f ->
          "FAILED after " + took + ": " + Story.plain(f.reason(), task.otherTitle());
    };
  }

  private static List<String> planned(RoutePlan plan, ArrayState array) {
    List<String> lines = new ArrayList<>();
    String expectation = PlanWords.expectation(plan);
    if (!expectation.isEmpty()) {
      lines.add("Each child: " + expectation);
    }
    for (int i = 0; i < plan.routes().size(); i++) {
      lines.add(
          "  "
              + (i + 1)
              + " "
              + plan.routes().get(i).route().word()
              + "  "
              + PlanWords.why(plan, i));
    }
    lines.add(
        "At most "
            + plan.atMostTries()
            + (plan.atMostTries() == 1 ? " try" : " tries")
            + " a child"
            + (array.planned() == ArrayState.Planned.NOTHING
                ? ". Where children go is decided when they are made."
                : "."));
    return lines;
  }

  /**
   * What the first children were for: {@code canary: 8 of 8 done, so the rest goes to function (p90
   * 4.9 s)}. Empty without a canary.
   */
  public static Optional<String> canary(ArrayState array) {
    if (array.canary() == 0) {
      return Optional.empty();
    }
    String done =
        "canary: " + array.ends().endedBelow(array.canary()) + " of " + array.canary() + " done, ";
    if (array.planned() != ArrayState.Planned.ALL) {
      return Optional.of(done + "then it is decided where the rest goes");
    }
    RoutePlan plan = array.plan().orElseThrow().plan();
    return Optional.of(
        done
            + "so the rest goes to "
            + plan.routes().getFirst().route().word()
            + plan.outlook()
                .map(o -> " (p90 " + Amounts.seconds(o.boundSeconds()) + ")")
                .orElse(""));
  }
}
