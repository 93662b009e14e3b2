package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What each fault led to, and that all of it is as it must be. */
final class FaultTable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final List<String> rows = new ArrayList<>();

  FaultTable() {
    rows.add("fault\tfirst route\tcause\tnext route\ttries\tsuccesses\tseconds");
  }

  void print() {
    System.out.println(String.join("\n", rows));
  }

  /**
   * One hop that failed or was given up, one that succeeded with the same input, the logs of both,
   * and a story that says so.
   */
  void fellBack(
      TaskClient client,
      FaultStack stack,
      String fault,
      String taskId,
      String cause,
      String... story) {
    JsonNode task = client.ended(taskId, PATIENCE);
    String told = client.explain(taskId);
    System.out.println(told);
    JsonNode hops = task.path("hops");
    assertThat(task.path("status").asText()).as(told).isEqualTo("SUCCEEDED");
    assertThat(hops).as(told).hasSize(2);
    assertThat(hops.get(0).path("cause").asText()).isEqualTo(cause);
    long successes = 0;
    for (JsonNode hop : hops) {
      successes += hop.path("status").asText().equals("succeeded") ? 1 : 0;
    }
    assertThat(hops.get(1).path("status").asText()).isEqualTo("succeeded");
    assertThat(told)
        .contains("SUCCEEDED on the second try, " + hops.get(1).path("route").asText())
        .contains("the same input was sent to " + hops.get(1).path("route").asText())
        .contains("so your retries were not used")
        .contains("One result was kept; nothing arrived late.")
        .contains(story);
    ran(client, stack, taskId, "input of " + task.path("workload").asText());
    Duration took =
        Duration.between(
            Instant.parse(task.path("createdAt").asText()),
            Instant.parse(task.path("stoppedAt").asText()));
    rows.add(
        "%s\t%s\t%s\t%s\t%d\t%d\t%.1f"
            .formatted(
                fault,
                hops.get(0).path("route").asText(),
                cause,
                hops.get(1).path("route").asText(),
                hops.size(),
                successes,
                took.toMillis() / 1000.0));
  }

  /** By the code's own account, and by its logs. */
  private static void ran(TaskClient client, FaultStack stack, String taskId, String input) {
    List<String> ran = stack.runs().stream().filter(line -> line.startsWith(taskId)).toList();
    assertThat(ran).as("what ran, by its own account").allMatch(line -> line.contains(input));
    assertThat(ran).filteredOn(line -> line.startsWith(taskId + " 2 ")).hasSize(1);
    assertThat(client.text("/tasks/" + taskId + "/logs?hop=2")).contains("hop 2: ", input);
    if (ran.stream().anyMatch(line -> line.startsWith(taskId + " 1 "))) {
      assertThat(client.text("/tasks/" + taskId + "/logs?hop=1&attempt=1"))
          .as("the log of the hop that failed is kept")
          .containsAnyOf("START RequestId: ", "hop 1: ");
    }
  }
}
