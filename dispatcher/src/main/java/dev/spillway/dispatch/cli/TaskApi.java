package dev.spillway.dispatch.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A client of the HTTP API. Every failure is a sentence and an exit code. */
final class TaskApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  // The longest a server keeps a long poll is 25 s.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final URI server;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  TaskApi(URI server) {
    this.server = server;
  }

  URI server() {
    return server;
  }

  static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) {
    return json(send(path, HttpRequest.newBuilder().GET()));
  }

  String getText(String path) {
    return send(path, HttpRequest.newBuilder().GET().header("Accept", "text/plain"));
  }

  /**
   * A piece of a log.
   *
   * @param nextOffset where to read on, bytes
   * @param ended true when nothing follows
   */
  record Log(String text, long nextOffset, boolean ended) {}

  Log log(String path) {
    HttpResponse<String> answer = answer(path, HttpRequest.newBuilder().GET());
    return new Log(
        answer.body(),
        answer.headers().firstValueAsLong("Spillway-Next-Offset").orElse(0),
        answer.headers().firstValue("Spillway-Log-Ended").orElse("true").equals("true"));
  }

  JsonNode post(String path, JsonNode body) {
    return json(
        send(
            path,
            HttpRequest.newBuilder()
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))));
  }

  JsonNode delete(String path) {
    return json(send(path, HttpRequest.newBuilder().DELETE()));
  }

  /** Whether a server answers there. */
  boolean answers() {
    try {
      get("/healthz");
      return true;
    } catch (CommandFailure _) {
      return false;
    }
  }

  private String send(String path, HttpRequest.Builder request) {
    return answer(path, request).body();
  }

  private HttpResponse<String> answer(String path, HttpRequest.Builder request) {
    HttpResponse<String> answer;
    try {
      answer =
          http.send(
              request.uri(URI.create(server + path)).timeout(PATIENCE).build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (ConnectException | HttpConnectTimeoutException _) {
      throw new CommandFailure(
          CommandFailure.NOT_REACHABLE,
          "No server answers at "
              + server
              + ". Start one with `spillway serve`, or name it with --server.");
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.NOT_REACHABLE,
          "The connection to " + server + " broke: " + e.getMessage() + ".");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(130, "Interrupted.");
    }
    if (answer.statusCode() < 300) {
      return answer;
    }
    throw refused(answer);
  }

  private CommandFailure refused(HttpResponse<String> answer) {
    return new CommandFailure(
        switch (answer.statusCode()) {
          case HttpURLConnection.HTTP_NOT_FOUND -> CommandFailure.NOT_FOUND;
          case HttpURLConnection.HTTP_UNAUTHORIZED, HttpURLConnection.HTTP_FORBIDDEN ->
              CommandFailure.NOT_AUTHORISED;
          default ->
              answer.statusCode() >= HttpURLConnection.HTTP_INTERNAL_ERROR
                  ? CommandFailure.FAILED
                  : CommandFailure.REFUSED;
        },
        sentence(answer));
  }

  /** All faults of a refused document, one a line. */
  private static String sentence(HttpResponse<String> answer) {
    JsonNode body;
    try {
      body = JSON.readTree(answer.body());
    } catch (JsonProcessingException _) {
      body = JSON.nullNode();
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode fault : body.path("errors")) {
      text.append(text.isEmpty() ? "" : "\n  ").append(fault.path("message").asText());
    }
    return text.isEmpty()
        ? body.path("message").asText("The server answered " + answer.statusCode() + ".")
        : text.toString();
  }

  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new CommandFailure(
          CommandFailure.FAILED, "The server answered what is not JSON: " + e.getOriginalMessage());
    }
  }
}
