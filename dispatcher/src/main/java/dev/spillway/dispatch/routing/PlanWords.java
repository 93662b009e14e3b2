package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.RoutePlan.Accepted;
import dev.spillway.dispatch.routing.RoutePlan.Reason;
import dev.spillway.dispatch.routing.RoutePlan.Rejected;
import dev.spillway.dispatch.routing.cost.Basis;
import dev.spillway.dispatch.routing.prediction.Forecast;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Puts a plan into sentences, from the figures that it keeps. */
public final class PlanWords {
  private static final double WORTH_A_WORD = 0.00005;

  private PlanWords() {}

  /**
   * One line for a table: what ruled out the function, or what is expected and which route wins.
   */
  public static String choice(RoutePlan plan) {
    Optional<Reason> noFunction =
        plan.rejected().stream()
            .filter(r -> r.route() == Route.FUNCTION)
            .map(Rejected::reasons)
            .flatMap(List::stream)
            .findFirst();
    return noFunction.map(Reason::sentence).orElseGet(() -> chosen(plan));
  }

  /**
   * What is expected, and what the first route is of all: {@code 6.2 s expected, cheapest of 3}.
   */
  public static String chosen(RoutePlan plan) {
    int routes = plan.routes().size();
    String rank =
        routes == 1
            ? "the only route"
            : plan.outlook().map(o -> best(o, plan) + ofAll(o, plan)).orElse("first of " + routes);
    return plan.outlook().map(o -> Amounts.seconds(o.medianSeconds()) + " expected, ").orElse("")
        + rank;
  }

  /** Why a route stands where it stands: continues its line. */
  public static String why(RoutePlan plan, int index) {
    Accepted route = plan.routes().get(index);
    StringBuilder why = new StringBuilder();
    if (index == 0) {
      why.append("chosen: ")
          .append(
              plan.routes().size() == 1
                  ? "the only route"
                  : plan.outlook().map(o -> best(o, plan)).orElse("first"));
      route.estimate().ifPresent(e -> why.append(risks(e)));
    } else {
      route
          .estimate()
          .filter(e -> e.risk() >= WORTH_A_WORD || e.lossRisk() >= WORTH_A_WORD)
          .ifPresent(e -> why.append(risks(e).substring(2)));
    }
    route.basis().ifPresent(b -> why.append(why.isEmpty() ? "" : "; ").append(words(b)));
    route
        .start()
        .filter(RoutePlan.Start::seen)
        .ifPresent(s -> why.append(why.isEmpty() ? "" : "; ").append(words(s)));
    route.line().ifPresent(l -> why.append(why.isEmpty() ? "" : "; ").append(line(route, l)));
    return why.isEmpty() ? "if those before fail it" : why.toString();
  }

  private static String line(Accepted route, RoutePlan.Line line) {
    String what = route.route().batch() ? "job" : "call";
    String before =
        line.before() == 0
            ? " has no place free"
            : " has "
                + Amounts.count(line.before())
                + " "
                + what
                + (line.before() == 1 ? "" : "s")
                + " before it";
    return route.jobQueue().map(queue -> "queue " + queue).orElse("the " + route.route().word())
        + before
        + ", about "
        + Amounts.about(line.waitSeconds());
  }

  private static String words(RoutePlan.Start start) {
    return "the last starts there took " + Amounts.seconds(start.seconds());
  }

  private static String words(Basis basis) {
    String type = basis.instanceType();
    return switch (basis.kind()) {
      case PART_OF_INSTANCE -> "its part of an instance that is up, by the price of " + type;
      case NEW_INSTANCE ->
          "no instance is known to be up; a new "
              + type
              + " is billed for "
              + Amounts.count(Math.round(basis.seconds()))
              + " s more than the run";
      case LEAST_BILLED ->
          Amounts.count(Math.round(basis.seconds())) + " s is the least that is billed";
      case UNPRICED -> "no price of it is known";
    };
  }

  private static String best(Outlook outlook, RoutePlan plan) {
    if (outlook.deadline().isPresent()) {
      double asked = outlook.deadline().get().probability();
      double has = onTime(plan.routes().getFirst());
      return has >= asked ? "cheapest that is on time" : "surest to be on time";
    }
    if (byPolicy(outlook, plan)) {
      return "first runs go to "
          + (plan.routes().getFirst().route().batch() ? "Batch" : "the function");
    }
    return switch (outlook.objective()) {
      case COST -> "cheapest";
      case SPEED -> "soonest done";
      case BALANCED -> "least cost times time";
    };
  }

  private static String ofAll(Outlook outlook, RoutePlan plan) {
    return byPolicy(outlook, plan) ? "" : " of " + plan.routes().size();
  }

  /** True when the operator's policy for first runs, and no figure, put the first route first. */
  private static boolean byPolicy(Outlook outlook, RoutePlan plan) {
    return outlook.basis().unseen()
        && outlook.deadline().isEmpty()
        && !wins(outlook.objective(), plan);
  }

  private static boolean wins(Objective objective, RoutePlan plan) {
    ToDoubleFunction<Estimate> measure =
        switch (objective) {
          case COST -> Estimate::cost;
          case SPEED -> Estimate::finishSeconds;
          case BALANCED -> e -> e.cost() * e.finishSeconds();
        };
    double[] figures =
        plan.routes().stream().flatMap(r -> r.estimate().stream()).mapToDouble(measure).toArray();
    return figures.length == 0 || figures[0] <= Arrays.stream(figures).min().getAsDouble();
  }

  private static double onTime(Accepted route) {
    return route.estimate().map(e -> e.onTime().orElse(0)).orElse(0.0);
  }

  private static String risks(Estimate estimate) {
    StringBuilder risks = new StringBuilder();
    if (estimate.risk() >= WORTH_A_WORD) {
      risks
          .append(", ")
          .append(Amounts.percent(estimate.risk()))
          .append(" risk that it is not enough");
    }
    if (estimate.lossRisk() >= WORTH_A_WORD) {
      risks
          .append(", ")
          .append(Amounts.percent(estimate.lossRisk()))
          .append(" risk of being reclaimed");
    }
    return risks.toString();
  }

  /** What a route would cost and when it would be done; empty when that was not worked out. */
  public static Optional<String> figures(RoutePlan plan, int index) {
    return plan.routes()
        .get(index)
        .estimate()
        .map(
            e ->
                String.format(
                    Locale.ROOT,
                    "%-10s done in about %-14s",
                    Amounts.usd(e.cost()),
                    Amounts.seconds(e.finishSeconds())));
  }

  /** What is expected and from what, the hint and what became of hints, and what is wanted. */
  public static String expectation(RoutePlan plan) {
    if (plan.outlook().isEmpty()) {
      return "";
    }
    Outlook o = plan.outlook().get();
    StringBuilder text = new StringBuilder();
    String range =
        "Expected "
            + Amounts.seconds(o.medianSeconds())
            + " (9 of 10 runs under "
            + Amounts.seconds(o.boundSeconds())
            + ")";
    switch (o.basis()) {
      case HISTORY ->
          text.append(range)
              .append(", from ")
              .append(Amounts.count(o.runs()))
              .append(o.runs() == 1 ? " earlier run" : " earlier runs")
              .append(o.inputBytes() >= 0 ? ", those with inputs of about this size first" : "")
              .append(". ")
              .append(unseen(o));
      case HINT -> text.append(range).append(", by your hint; it has never run before. ");
      case TIMEOUT ->
          text.append("It has never run before and you gave no hint; its function's own Timeout")
              .append(" says that it is short, about ")
              .append(Amounts.seconds(o.medianSeconds()))
              .append(". ");
      case FIRST_SIGHT ->
          text.append("It has never run before and you gave no hint: ")
              .append(
                  o.inputBytes() >= 0
                      ? "by the size of its input it may take "
                      : "it may take anything, say ")
              .append(Amounts.seconds(o.medianSeconds()))
              .append(", with 9 of 10 under ")
              .append(Amounts.seconds(o.boundSeconds()))
              .append(". ");
    }
    text.append(hint(o));
    return text.append(wanted(plan, o)).toString();
  }

  private static String unseen(Outlook o) {
    return !o.largerThanSeen()
        ? ""
        : "Its input of "
            + Amounts.bytes(o.inputBytes())
            + " is "
            + String.format(Locale.ROOT, "%.1f", o.timesLargest())
            + " times the largest seen, so that may be too little. ";
  }

  private static String hint(Outlook o) {
    if (o.basis() == Forecast.Basis.HINT && !o.hintFarOff()) {
      return "";
    }
    if (o.hintSeconds().isEmpty()) {
      return switch (o.basis()) {
        case HISTORY -> "You gave no hint. ";
        case HINT, FIRST_SIGHT, TIMEOUT -> "";
      };
    }
    String given = "You expected " + Amounts.seconds(o.hintSeconds().getAsDouble());
    if (!o.hintFarOff()) {
      return given + ". ";
    }
    double times = o.hintFactor() > 1 ? o.hintFactor() : 1 / o.hintFactor();
    return given
        + "; your hints are far off, runs take "
        + String.format(Locale.ROOT, "%.1f", times)
        + (o.hintFactor() > 1 ? " times as long as you say. " : " times less than you say. ");
  }

  private static String wanted(RoutePlan plan, Outlook o) {
    if (o.deadline().isEmpty()) {
      return "Objective: " + o.objective().word() + ".";
    }
    if (plan.impossible()) {
      return "";
    }
    Deadline deadline = o.deadline().get();
    Accepted chosen = plan.routes().getFirst();
    String due =
        "Due in "
            + Amounts.seconds(Math.max(0, deadline.secondsLeft()))
            + " with "
            + Amounts.percent(deadline.probability())
            + ". ";
    if (onTime(chosen) < deadline.probability()) {
      return due
          + "No route is that sure; "
          + chosen.route().word()
          + " is surest with "
          + Amounts.percent(onTime(chosen))
          + ".";
    }
    return due + cheaperButLater(plan, chosen);
  }

  private static String cheaperButLater(RoutePlan plan, Accepted chosen) {
    Optional<Accepted> cheaper =
        plan.routes().stream()
            .filter(r -> r.estimate().isPresent() && chosen.estimate().isPresent())
            .filter(r -> r.estimate().get().cost() < chosen.estimate().get().cost())
            .min(java.util.Comparator.comparingDouble(r -> r.estimate().get().cost()));
    String makes =
        chosen.route().word()
            + price(chosen)
            + " makes it with "
            + Amounts.percent(onTime(chosen))
            + " and was chosen.";
    return cheaper
        .map(
            c ->
                c.route().word()
                    + " is cheapest"
                    + price(c)
                    + " but makes it with "
                    + Amounts.percent(onTime(c))
                    + " only; "
                    + makes)
        .orElse(makes);
  }

  private static String price(Accepted route) {
    return route.estimate().map(e -> " (" + Amounts.usd(e.cost()) + ")").orElse("");
  }
}
