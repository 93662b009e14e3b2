package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job starts here in about a second, and after a few of them plans know it. */
@Tag("e2e")
@Tag("packaged")
class StartTimesTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final int MOST_RUNS = 8;
  private static final String SOON =
      "{\"workload\":\"pause\",\"payload\":{\"seconds\":1},\"objective\":\"speed\","
          + "\"routes\":[\"batch-spot\",\"batch-ec2\"]}";

  @TempDir Path temp;

  private static JsonNode route(JsonNode plan, String route) {
    for (JsonNode accepted : plan.path("routes")) {
      if (accepted.path("route").asText().equals(route)) {
        return accepted;
      }
    }
    throw new AssertionError("no " + route + " in " + plan);
  }

  @Test
  void after_a_few_jobs_a_plan_goes_by_the_starts_that_were_seen_and_speed_follows()
      throws Exception {
    Path config = Files.writeString(temp.resolve("spillway.yaml"), "runner: process\n");
    try (LiveServer server =
        LiveServer.start(
            temp.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            ROOT.resolve("sam-template.yaml").toString())) {
      TaskClient tasks = new TaskClient(server.url());
      JsonNode before = tasks.post("/tasks:plan", SOON).path("plan");
      // Spot may be reclaimed, and so takes a little longer in the mean.
      assertThat(before.path("routes").get(0).path("route").asText()).isEqualTo("batch-ec2");
      assertThat(route(before, "batch-spot").path("start").path("basis").asText())
          .isEqualTo("assumed");

      JsonNode after = before;
      for (int runs = 0; runs < MOST_RUNS && !seen(after); runs++) {
        tasks.ended(
            tasks.submit(
                "{\"workload\":\"pause\",\"payload\":{\"seconds\":1},"
                    + "\"routes\":[\"batch-spot\"]}"),
            Duration.ofSeconds(60));
        after = tasks.post("/tasks:plan", SOON).path("plan");
      }
      JsonNode start = route(after, "batch-spot").path("start");
      assertThat(start.path("basis").asText()).as("%s", after).isEqualTo("seen");
      assertThat(start.path("seconds").asDouble()).isBetween(0.01, 15.0);
      assertThat(after.path("routes").get(0).path("route").asText())
          .as("%s", after)
          .isEqualTo("batch-spot");
    }
  }

  private static boolean seen(JsonNode plan) {
    return route(plan, "batch-spot").path("start").path("basis").asText().equals("seen");
  }
}
