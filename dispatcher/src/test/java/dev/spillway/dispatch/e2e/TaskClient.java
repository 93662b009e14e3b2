package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Tasks over HTTP, as a user has them. */
final class TaskClient {
  static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI server;

  TaskClient(URI server) {
    this.server = server;
  }

  String submit(String document) {
    return post("/tasks", document).path("taskId").asText();
  }

  /** Many at once, all or none. */
  List<String> submitAll(List<String> documents) {
    List<String> ids = new ArrayList<>();
    post("/tasks", "{\"tasks\":[" + String.join(",", documents) + "]}")
        .path("tasks")
        .forEach(task -> ids.add(task.path("taskId").asText()));
    return ids;
  }

  JsonNode post(String path, String body) {
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(server.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return json(answer.body());
  }

  JsonNode get(String path) {
    HttpResponse<String> answer = send(HttpRequest.newBuilder(server.resolve(path)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer.body());
  }

  String text(String path) {
    return send(HttpRequest.newBuilder(server.resolve(path)).header("Accept", "text/plain")).body();
  }

  JsonNode task(String id) {
    return get("/tasks/" + id);
  }

  String status(String id) {
    return task(id).path("status").asText();
  }

  String explain(String id) {
    return text("/tasks/" + id + "/explain");
  }

  /** The task when it has ended, by the API's own long poll. */
  JsonNode ended(String id, Duration most) {
    long until = System.nanoTime() + most.toNanos();
    while (true) {
      JsonNode task = get("/tasks/" + id + "?wait=PT5S");
      String status = task.path("status").asText();
      if (status.equals("SUCCEEDED") || status.equals("FAILED")) {
        return task;
      }
      assertThat(System.nanoTime()).as("still %s", task).isLessThan(until);
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }
}
