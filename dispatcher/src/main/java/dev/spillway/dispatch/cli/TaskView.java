package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.routing.Amounts;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How a task reads in one row. */
record TaskView(JsonNode task) {
  static final List<String> HEADER = List.of("TASK", "NAME", "ROUTE", "WHY", "STATE", "TIME");

  /** The same, with what was paid. */
  static final List<String> PAID_HEADER =
      List.of("TASK", "NAME", "ROUTE", "WHY", "STATE", "TIME", "COST");

  private static final int SHORT_ID = 8;

  String id() {
    return task.path("taskId").asText();
  }

  /** Its beginning, and the index of a child. */
  static String shortId(String id) {
    int at = id.indexOf(':');
    return id.substring(0, Math.min(SHORT_ID, id.length())) + (at < 0 ? "" : id.substring(at));
  }

  String status() {
    return task.path("status").asText();
  }

  boolean ended() {
    return status().equals("SUCCEEDED") || status().equals("FAILED");
  }

  boolean succeeded() {
    return status().equals("SUCCEEDED");
  }

  int hops() {
    return task.path("hops").size();
  }

  /** More than one route was used. */
  boolean fellBack() {
    for (JsonNode hop : task.path("hops")) {
      if (!hop.path("route").equals(task.path("hops").path(0).path("route"))) {
        return true;
      }
    }
    return false;
  }

  /** Of the last hop, else the one that is tried first. */
  String route() {
    return hops() > 0
        ? task.path("hops").path(hops() - 1).path("route").asText()
        : task.path("plan").path("routes").path(0).path("route").asText("-");
  }

  String why() {
    if (status().equals("FAILED") && task.hasNonNull("statusReason")) {
      return task.path("statusReason").asText();
    }
    if (hops() > 1) {
      JsonNode before = task.path("hops").path(hops() - 2);
      return "fell back: "
          + before.path("route").asText()
          + " ended with "
          + before.path("cause").asText("a failure");
    }
    if (status().equals("PENDING") && task.hasNonNull("statusReason")) {
      return task.path("statusReason").asText();
    }
    return task.path("plan").path("choice").asText("");
  }

  /** From the first start to the last stop, or to now. */
  String time(Instant now) {
    Instant from = null;
    Instant to = null;
    for (JsonNode hop : task.path("hops")) {
      if (from == null && hop.hasNonNull("startedAt")) {
        from = Instant.parse(hop.path("startedAt").asText());
      }
      to = hop.hasNonNull("stoppedAt") ? Instant.parse(hop.path("stoppedAt").asText()) : null;
    }
    return from == null ? "-" : seconds(Duration.between(from, to == null ? now : to));
  }

  static String seconds(Duration duration) {
    return duration.toMinutes() >= 10
        ? duration.toMinutes() + " min"
        : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }

  String shortId() {
    return shortId(id());
  }

  String name() {
    return task.path("name").asText(task.path("workload").asText("-"));
  }

  List<String> paidRow(Instant now) {
    List<String> row = new ArrayList<>(row(now));
    row.add(task.has("cost") ? Amounts.usd(task.path("cost").doubleValue()) : "-");
    return row;
  }

  /**
   * What tasks cost, and how much of it for nothing; empty when none has a price or an end.
   *
   * @return {@code At AWS list price: $0.0043, of which $0.0026 was wasted}
   */
  static Optional<String> paid(List<TaskView> tasks) {
    if (tasks.stream().noneMatch(t -> t.task.has("cost"))) {
      return Optional.empty();
    }
    BigDecimal wasted = sum(tasks, "wastedCost");
    return Optional.of(
        "At AWS list price: "
            + Amounts.usd(sum(tasks, "cost").doubleValue())
            + (wasted.signum() > 0
                ? ", of which " + Amounts.usd(wasted.doubleValue()) + " was wasted"
                : ""));
  }

  private static BigDecimal sum(List<TaskView> tasks, String member) {
    return tasks.stream()
        .map(t -> t.task.path(member).decimalValue())
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  List<String> row(Instant now) {
    return List.of(shortId(), name(), route(), why(), status(), time(now));
  }
}
