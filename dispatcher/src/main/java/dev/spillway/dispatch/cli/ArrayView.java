package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How an array reads below its row: its canary, its children by status, the first that failed. */
record ArrayView(JsonNode task) {
  private static final int FAILURES_NAMED = 3;

  /** Nothing for a task that is no array. */
  List<String> lines() {
    JsonNode array = task.path("arrayProperties");
    List<String> lines = new ArrayList<>();
    if (!array.has("statusSummary")) {
      return lines;
    }
    lines.add(
        "array "
            + (array.has("size") ? number(array.path("size").asLong()) : "of a size not known yet")
            + (array.has("canary") ? "  " + array.path("canary").asText() : ""));
    StringBuilder counts = new StringBuilder();
    array
        .path("statusSummary")
        .properties()
        .forEach(
            e -> {
              if (e.getValue().asLong() > 0) {
                counts
                    .append(counts.isEmpty() ? "" : "   ")
                    .append(e.getKey())
                    .append(' ')
                    .append(number(e.getValue().asLong()));
              }
            });
    List<String> failures = new ArrayList<>();
    array.path("firstFailures").forEach(index -> failures.add(index.asText()));
    if (!failures.isEmpty()) {
      counts
          .append("   first failures: ")
          .append(String.join(", ", failures.subList(0, Math.min(FAILURES_NAMED, failures.size()))))
          .append("  (spillway logs ")
          .append(TaskView.shortId(task.path("taskId").asText()))
          .append(':')
          .append(failures.getFirst())
          .append(')');
    }
    if (!counts.isEmpty()) {
      lines.add(counts.toString());
    }
    return lines;
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
