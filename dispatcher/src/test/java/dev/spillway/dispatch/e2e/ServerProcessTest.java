package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server seen from outside: its ready line, its hold on the folder, its stop, its restart. */
@Tag("e2e")
class ServerProcessTest {

  @TempDir Path temp;
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void it_says_when_it_is_ready_holds_its_folder_and_stops_on_sigterm() throws Exception {
    Path data = temp.resolve("data");
    try (LiveServer server = LiveServer.start(data, "--runner", "process")) {
      assertThat(server.readyLine())
          .matches(
              "spillway ready in [0-9.]+ s: http://127\\.0\\.0\\.1:[0-9]+  "
                  + "s3 http://127\\.0\\.0\\.1:[0-9]+  runner process \\(user .*\\)  data "
                  + data);
      assertThat(Files.readString(data.resolve("server.lock")))
          .contains("pid " + server.pid())
          .contains(server.url().toString());

      Process second = serve(data);
      assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(second.exitValue()).isEqualTo(2);
      assertThat(new String(second.getErrorStream().readAllBytes()))
          .contains("in use by the server with process id " + server.pid())
          .contains(server.url().toString())
          .contains("--data");

      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void ctrl_c_stops_it_cleanly_with_exit_code_130() throws Exception {
    Path data = temp.resolve("data");
    try (LiveServer server = LiveServer.start(data, "--runner", "process")) {
      assertThat(data.resolve("batch.db-wal")).exists();
      assertThat(server.interrupt()).isEqualTo(130);
      // A database that was closed has no log beside it.
      assertThat(data.resolve("batch.db-wal")).doesNotExist();
    }
  }

  @Test
  void after_a_kill_it_starts_again_with_the_same_ports_and_the_same_definitions()
      throws Exception {
    Path data = temp.resolve("data");
    Path template =
        Files.writeString(
            temp.resolve("t.yaml"),
            """
            Resources:
              E:
                Type: AWS::Batch::ComputeEnvironment
                Properties: {ComputeEnvironmentName: e, Type: MANAGED, State: ENABLED, ComputeResources: {Type: EC2, MinvCpus: 0, MaxvCpus: 4, InstanceTypes: [optimal], InstanceRole: r, Subnets: [s], SecurityGroupIds: [g]}}
              Q:
                Type: AWS::Batch::JobQueue
                Properties: {JobQueueName: q, Priority: 1, State: ENABLED, ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref E}]}
              J:
                Type: AWS::Batch::JobDefinition
                Properties: {JobDefinitionName: j, Type: container, ContainerProperties: {Image: busybox, Command: [x], ResourceRequirements: [{Type: VCPU, Value: 1}, {Type: MEMORY, Value: 64}]}}
            """);
    String[] options = {"--runner", "process", "--template", template.toString()};
    URI url;
    URI s3;
    String before;
    try (LiveServer server = LiveServer.start(data, options)) {
      url = server.url();
      s3 = server.s3();
      before = definitions(url);
      assertThat(before).contains("\"revision\":1").doesNotContain("\"revision\":2");
      server.kill9();
    }
    try (LiveServer server = LiveServer.start(data, options)) {
      assertThat(server.url()).isEqualTo(url);
      assertThat(server.s3()).isEqualTo(s3);
      assertThat(definitions(url)).isEqualTo(before);
      Files.writeString(template, Files.readString(template).replace("[x]", "[y]"));
      server.terminate();
    }
    try (LiveServer server = LiveServer.start(data, options)) {
      assertThat(definitions(server.url())).contains("\"revision\":2");
    }
  }

  @Test
  void what_is_at_the_wrong_port_or_nowhere_is_told_so_in_awss_shape() throws Exception {
    try (LiveServer server = LiveServer.start(temp.resolve("data"), "--runner", "process")) {
      HttpResponse<String> signed =
          http.send(
              HttpRequest.newBuilder(server.url().resolve("/photos/a.jpg"))
                  .header(
                      "Authorization",
                      "AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/s3/aws4_request,"
                          + " SignedHeaders=host, Signature=00")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(signed.statusCode()).isEqualTo(400);
      assertThat(signed.body()).contains(server.s3().toString());
      HttpResponse<String> target =
          http.send(
              HttpRequest.newBuilder(server.url().resolve("/"))
                  .header("X-Amz-Target", "AWSEvents.PutEvents")
                  .POST(HttpRequest.BodyPublishers.ofString("{}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(target.statusCode()).isEqualTo(400);
      assertThat(target.headers().firstValue("x-amzn-ErrorType"))
          .hasValue("UnknownOperationException");
      assertThat(target.body()).contains("AWSEvents.PutEvents");
      assertThat(get(server.url().resolve("/x?X-Amz-Credential=a/20261121/r/s3/aws4_request")))
          .returns(400, HttpResponse::statusCode);
      assertThat(statusForHost(server.url(), "evil.example.com")).isEqualTo(403);
      assertThat(statusForHost(server.url(), "localhost:1")).isEqualTo(200);
      HttpResponse<String> nowhere = get(server.url().resolve("/nope"));
      assertThat(nowhere.statusCode()).isEqualTo(404);
      assertThat(nowhere.headers().firstValue("x-amzn-ErrorType"))
          .hasValue("ResourceNotFoundException");
      assertThat(get(server.url().resolve("/healthz")).statusCode()).isEqualTo(200);
    }
  }

  private static int statusForHost(URI url, String host) throws Exception {
    try (var socket = new java.net.Socket(url.getHost(), url.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes());
      String answer = new String(socket.getInputStream().readAllBytes());
      return Integer.parseInt(answer.split(" ")[1]);
    }
  }

  private String definitions(URI url) throws Exception {
    return http.send(
            HttpRequest.newBuilder(url.resolve("/v1/describejobdefinitions"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"jobDefinitionName\":\"j\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private HttpResponse<String> get(URI uri) throws Exception {
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static Process serve(Path data) throws Exception {
    return new ProcessBuilder(LiveServer.command(data)).start();
  }
}
