package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.routing.Amounts;
import java.util.List;
import java.util.Optional;

/** How the plan of a task reads in one row, whether the task was submitted or only planned. */
record PlanView(JsonNode task) {
  static final List<String> HEADER = List.of("NAME", "ROUTE", "EXPECTED", "COST", "DONE IN", "WHY");

  private JsonNode first() {
    return task.path("plan").path("routes").path(0);
  }

  /** No route can take it. */
  boolean impossible() {
    return first().isMissingNode();
  }

  /** {@code 12 to 18 s}: nine runs in ten end within, one in ten before. */
  String expected() {
    JsonNode outlook = task.path("plan").path("outlook");
    return outlook.has("boundSeconds")
        ? Amounts.range(
            outlook.path("lowSeconds").doubleValue(), outlook.path("boundSeconds").doubleValue())
        : "-";
  }

  /** What the first route is expected to cost, falling back from there included. */
  String cost() {
    return first().has("cost") ? Amounts.usd(first().path("cost").doubleValue()) : "-";
  }

  List<String> row() {
    return List.of(
        task.path("name").asText(task.path("workload").asText("-")),
        first().path("route").asText("none"),
        expected(),
        cost(),
        first().has("finishSeconds")
            ? Amounts.about(first().path("finishSeconds").doubleValue())
            : "-",
        impossible() ? refusal() : task.path("plan").path("choice").asText());
  }

  private String refusal() {
    for (JsonNode rejected : task.path("plan").path("rejected")) {
      for (JsonNode reason : rejected.path("reasons")) {
        if (!List.of("queue", "routes", "form").contains(reason.path("rule").asText())) {
          return rejected.path("route").asText() + ": " + reason.path("sentence").asText();
        }
      }
    }
    return "no route can take it";
  }

  /** {@code Costs are AWS list prices of us-east-1, 2026-11-21.} */
  Optional<String> prices() {
    return prices(task.path("plan").path("outlook").path("prices"));
  }

  static Optional<String> prices(JsonNode prices) {
    return prices.isObject()
        ? Optional.of(
            "Costs are AWS list prices of "
                + prices.path("region").asText()
                + ", "
                + prices.path("compiled").asText()
                + ".")
        : Optional.empty();
  }
}
