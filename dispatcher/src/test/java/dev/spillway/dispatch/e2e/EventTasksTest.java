package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A function whose answers are task documents, in a template: the dispatcher carries them out. */
@Tag("e2e")
@Tag("packaged")
class EventTasksTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir Path temp;

  @Test
  void the_answer_to_an_event_becomes_a_task() throws Exception {
    Path template = temp.resolve("template.yaml");
    Files.writeString(
        template,
        """
        AWSTemplateFormatVersion: '2010-09-09'
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Pause:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: pause
              Runtime: java25
              Handler: dev.spillway.handlers.pause.PauseHandler
              CodeUri: %s
              Timeout: 10
              MemorySize: 512
              Tags: {'spillway:workload': pause}
          Echo:
            Type: AWS::Serverless::Function
            Properties:
              FunctionName: echo
              Runtime: provided.al2023
              Handler: main
              CodeUri: echo
              EventInvokeConfig: {DestinationConfig: {OnSuccess: {Destination: 'spillway:tasks'}}}
        """
            .formatted(ROOT.resolve("lambda-handlers/handlers/target/functions.zip")));
    Path bootstrap =
        Files.writeString(
            Files.createDirectories(temp.resolve("echo")).resolve("bootstrap"),
            """
            #!/bin/sh
            API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
            while :; do
              H=$(mktemp)
              EVENT=$(curl -sS -D "$H" "$API/invocation/next") || exit 1
              ID=$(tr -d '\\r' <"$H" | awk -F': ' 'tolower($1)=="lambda-runtime-aws-request-id"{print $2}')
              curl -sS --data-binary "$EVENT" "$API/invocation/$ID/response" >/dev/null
            done
            """);
    assertThat(bootstrap.toFile().setExecutable(true, false)).isTrue();
    Path config = Files.writeString(temp.resolve("spillway.yaml"), "runner: process\n");
    try (LiveServer server =
        LiveServer.start(
            temp.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            template.toString())) {
      HttpResponse<String> accepted =
          http.send(
              HttpRequest.newBuilder(server.url().resolve("/2015-03-31/functions/echo/invocations"))
                  .header("X-Amz-Invocation-Type", "Event")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"workload\":\"pause\",\"payload\":{\"seconds\":0.05}}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(accepted.statusCode()).isEqualTo(202);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(200))
          .until(
              () -> tasks(server).path("tasks").path(0).path("status").asText(),
              "SUCCEEDED"::equals);
      assertThat(tasks(server).path("tasks")).hasSize(1);
    }
  }

  private JsonNode tasks(LiveServer server) throws Exception {
    return JSON.readTree(
        http.send(
                HttpRequest.newBuilder(server.url().resolve("/tasks")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body());
  }
}
