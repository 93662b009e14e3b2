package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A function with a limit of 3 s gets 10 s of work, and the task succeeds through Batch. */
@Tag("e2e")
@Tag("packaged")
class FallbackJourneyTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  @TempDir Path temp;

  @Test
  void a_function_that_runs_out_of_time_is_run_again_as_a_job_and_explain_tells_it()
      throws Exception {
    Path config = Files.writeString(temp.resolve("spillway.yaml"), "runner: process\n");
    try (LiveServer server =
        LiveServer.start(
            temp.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            ROOT.resolve("sam-template.yaml").toString())) {
      String submitted =
          send(
              HttpRequest.newBuilder(server.url().resolve("/tasks"))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"workload\": \"pause\", \"payload\": {\"seconds\": 10},"
                              + " \"expectedDuration\": \"PT1S\"}")));
      Matcher id = Pattern.compile("\"taskId\":\"([^\"]+)\"").matcher(submitted);
      assertThat(id.find()).as(submitted).isTrue();
      URI task = server.url().resolve("/tasks/" + id.group(1));
      String ended = "";
      for (int waits = 0; waits < 4; waits++) {
        ended = send(HttpRequest.newBuilder(URI.create(task + "?wait=PT25S")));
        if (ended.contains("\"status\":\"SUCCEEDED\",\"route\"")) {
          break;
        }
      }
      assertThat(ended)
          .contains("\"status\":\"SUCCEEDED\",\"route\":\"batch-")
          .contains("\"cause\":\"timeout\"");
      assertThat(send(HttpRequest.newBuilder(URI.create(task + "/explain"))))
          .contains("SUCCEEDED on the second try")
          .contains("\"Task timed out after 3.00 seconds\"")
          .contains("the same input was sent to batch-")
          .contains("One result was kept");
    }
  }

  @Test
  void a_job_of_a_handler_says_what_went_wrong_as_a_function_does() throws Exception {
    Path config = Files.writeString(temp.resolve("spillway.yaml"), "runner: process\n");
    try (LiveServer server =
        LiveServer.start(
            temp.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            ROOT.resolve("sam-template.yaml").toString())) {
      TaskClient tasks = new TaskClient(server.url());
      String id =
          tasks.submit(
              "{\"workload\":\"pause\",\"payload\":{\"seconds\":\"soon\"},"
                  + "\"expectedDuration\":\"PT1H\",\"retryStrategy\":{\"attempts\":2,"
                  + "\"evaluateOnExit\":[{\"onErrorType\":\"dev.spillway.handlers.*\","
                  + "\"action\":\"RETRY\"},{\"onReason\":\"*\",\"action\":\"EXIT\"}]}}");
      var task = tasks.ended(id, Duration.ofSeconds(60));
      assertThat(task.path("statusReason").asText())
          .startsWith("dev.spillway.handlers.workload.InvalidPayloadException: seconds: ")
          .endsWith("exit code 1");
      assertThat(task.path("hops")).as("its retry rule knows the error's type").hasSize(2);
      assertThat(tasks.explain(id)).contains("it was run again on batch-spot");
    }
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    }
  }
}
