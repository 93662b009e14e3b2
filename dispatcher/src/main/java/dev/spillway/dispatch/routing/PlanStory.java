package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.RoutePlan.Accepted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A plan in lines: what is expected, the routes in order, and those that cannot be taken. */
public final class PlanStory {
  private PlanStory() {}

  /**
   * The lines.
   *
   * @param pinned the user named one route
   */
  public static List<String> tell(RoutePlan plan, boolean pinned) {
    List<String> lines = new ArrayList<>();
    lines.add(PlanWords.expectation(plan));
    for (int i = 0; i < plan.routes().size(); i++) {
      lines.add(route(plan, i));
    }
    // What the user ruled out, or nobody set up, is one word; what a limit ruled out has its
    // amounts.
    for (RoutePlan.Rejected r : plan.rejected()) {
      if (r.route() == Route.FUNCTION || r.reasons().stream().noneMatch(x -> setUp(x.rule()))) {
        lines.add("Not on " + r.route().word() + ": " + reasons(r) + ".");
      }
    }
    String absent =
        plan.rejected().stream()
            .filter(r -> r.route() != Route.FUNCTION)
            .filter(r -> r.reasons().stream().anyMatch(x -> setUp(x.rule())))
            .map(r -> r.route().word())
            .collect(Collectors.joining(", "));
    if (!absent.isEmpty()) {
      lines.add("Not offered here or not allowed by you: " + absent + ".");
    }
    if (plan.impossible()) {
      lines.add("No route can take it: a submit is refused.");
      return lines;
    }
    plan.outlook()
        .flatMap(Outlook::prices)
        .ifPresent(
            p -> lines.add("Costs are list prices of " + p.region() + ", " + p.compiled() + "."));
    if (pinned) {
      lines.add("You named one route, so there is no fallback.");
    }
    lines.add(
        "At most "
            + plan.atMostTries()
            + (plan.atMostTries() == 1 ? " try." : " tries.")
            + (plan.routes().stream().anyMatch(a -> a.route().batch())
                ? " Inside a Batch try, a job whose host is lost is repeated once."
                : ""));
    return lines;
  }

  private static String route(RoutePlan plan, int index) {
    Accepted route = plan.routes().get(index);
    return "  "
        + (index + 1)
        + " "
        + String.format(Locale.ROOT, "%-19s", route.route().word())
        + PlanWords.figures(plan, index).map(f -> f + "  ").orElse("")
        + route.jobQueue().map(q -> "queue " + q + ": ").orElse("")
        + PlanWords.why(plan, index);
  }

  private static boolean setUp(String rule) {
    return rule.equals("queue") || rule.equals("routes") || rule.equals("form");
  }

  private static String reasons(RoutePlan.Rejected rejected) {
    return rejected.reasons().stream()
        .map(RoutePlan.Reason::sentence)
        .collect(Collectors.joining("; "));
  }
}
