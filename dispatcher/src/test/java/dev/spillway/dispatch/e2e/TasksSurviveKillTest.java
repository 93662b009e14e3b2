package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tasks of every kind (function, Batch, a wrong guess that falls back, dependents), a real server
 * killed in their middle, and one success for each of them.
 */
@Tag("crash")
class TasksSurviveKillTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ROUNDS = 8; // of four tasks each
  private static final int KILLS = 3;

  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir Path temp;

  @Test
  void each_acknowledged_task_succeeds_exactly_once_over_three_kills() throws Exception {
    killThreeTimes("");
  }

  @Test
  void and_when_tasks_and_jobs_are_in_postgresql() throws Exception {
    BatchSettings.Postgres database = PostgresServer.database();
    killThreeTimes(
        "store: {url: \"%s\", user: \"%s\", password: \"%s\"}\n"
            .formatted(
                database.url(), database.user().orElseThrow(), database.password().orElseThrow()));
    assertThat(tasksIn(database)).isEqualTo(ROUNDS * 4L);
  }

  private static long tasksIn(BatchSettings.Postgres database) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                database.url(), database.user().orElseThrow(), database.password().orElseThrow());
        Statement statement = connection.createStatement();
        ResultSet count =
            statement.executeQuery(
                "select count(*) from spillway_tasks_123456789012_us_east_1.task")) {
      count.next();
      return count.getLong(1);
    }
  }

  private void killThreeTimes(String store) throws Exception {
    long seed = Long.getLong("spillway.seed", System.nanoTime());
    Random random = new Random(seed);
    Path config = Files.writeString(temp.resolve("spillway.yaml"), "runner: process\n" + store);
    String[] options = {
      "--config", config.toString(), "--template", ROOT.resolve("sam-template.yaml").toString()
    };
    LiveServer server = LiveServer.start(temp.resolve("data"), options);
    try {
      List<String> ids = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        ids.add(submit(server, task("PT1S", 0.05), "short-" + round));
        ids.add(submit(server, task("PT1H", 0.05), "long-" + round)); // too long for a function
        String wrong = round % 3 == 0 ? task("PT1S", 4) : task("PT1S", 0.5);
        ids.add(submit(server, wrong, "guess-" + round));
        ids.add(submit(server, after(ids.get(random.nextInt(ids.size()))), "after-" + round));
      }
      for (int kill = 0; kill < KILLS; kill++) {
        LiveServer now = server;
        int target = ids.size() * (kill + 1) / (KILLS + 2) + random.nextInt(4);
        Awaitility.await()
            .atMost(Duration.ofSeconds(90))
            .pollInterval(Duration.ofMillis(50))
            .until(() -> ended(now, ids) >= target);
        server.kill9();
        server = LiveServer.start(temp.resolve("data"), options);
        // A client that did not hear the answer asks again; it gets the task that is there.
        assertThat(submit(server, task("PT1S", 0.05), "short-0")).isEqualTo(ids.getFirst());
      }
      LiveServer last = server;
      Awaitility.await()
          .atMost(Duration.ofSeconds(150))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> ended(last, ids) == ids.size());
      check(server, ids, seed);
    } finally {
      server.close();
    }
  }

  private void check(LiveServer server, List<String> ids, long seed) throws Exception {
    int hops = 0;
    int fellBack = 0;
    for (String id : ids) {
      JsonNode task = get(server, id);
      assertThat(task.path("status").asText()).as("seed %d, %s", seed, task).isEqualTo("SUCCEEDED");
      int successes = 0;
      for (JsonNode hop : task.path("hops")) {
        hops++;
        boolean late = hop.path("late").asBoolean();
        successes += hop.path("status").asText().equals("succeeded") && !late ? 1 : 0;
      }
      assertThat(successes).as("seed %d, successes of %s", seed, task).isEqualTo(1);
      fellBack += task.path("hops").size() > 1 ? 1 : 0;
    }
    System.out.printf(
        "tasks: %d, ended: %d, kills: %d, hops: %d, with more than one hop: %d, seed: %d%n",
        ids.size(), ended(server, ids), KILLS, hops, fellBack, seed);
    assertThat(fellBack).as("seed %d: the wrong guesses fall back", seed).isPositive();
  }

  private static String task(String expected, double seconds) {
    return "{\"workload\":\"pause\",\"payload\":{\"seconds\":%s},\"expectedDuration\":\"%s\"}"
        .formatted(seconds, expected);
  }

  private static String after(String taskId) {
    return "{\"workload\":\"pause\",\"payload\":{\"seconds\":0.05},\"dependsOn\":[{\"taskId\":\"%s\"}]}"
        .formatted(taskId);
  }

  private String submit(LiveServer server, String document, String key) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(server.url().resolve("/tasks"))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(document))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
    return JSON.readTree(answer.body()).path("taskId").asText();
  }

  private JsonNode get(LiveServer server, String id) throws Exception {
    URI task = server.url().resolve("/tasks/" + id);
    return JSON.readTree(
        http.send(HttpRequest.newBuilder(task).build(), HttpResponse.BodyHandlers.ofString())
            .body());
  }

  private int ended(LiveServer server, List<String> ids) throws Exception {
    int ended = 0;
    for (String id : ids) {
      String status = get(server, id).path("status").asText();
      ended += status.equals("SUCCEEDED") || status.equals("FAILED") ? 1 : 0;
    }
    return ended;
  }
}
