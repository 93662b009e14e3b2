package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One server plays AWS: it has the template's functions, queues and objects. The other runs with
 * {@code --backend aws} and reaches them through the SDK and its endpoint variables.
 */
@Tag("e2e")
@Tag("packaged")
class AwsBackendTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final Path TEMPLATE = ROOT.resolve("sam-template.yaml");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path shared;
  private static LiveServer aws;

  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir Path temp;

  /** What a program prints, and its exit code. */
  private record Ran(int exitCode, String out, String err) {}

  @BeforeAll
  static void startAws() throws Exception {
    Path config = Files.writeString(shared.resolve("spillway.yaml"), "runner: process\n");
    aws =
        LiveServer.start(
            shared.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            TEMPLATE.toString());
  }

  @AfterAll
  static void stopAws() {
    aws.close();
  }

  private static Map<String, String> environment() {
    return Map.of(
        "AWS_REGION", "us-east-1",
        "AWS_ACCESS_KEY_ID", "local",
        "AWS_SECRET_ACCESS_KEY", "local",
        "AWS_ENDPOINT_URL", aws.url().toString(),
        "AWS_ENDPOINT_URL_S3", aws.s3().toString(),
        "SPILLWAY_AWS_POLL_INTERVAL", "PT0.5S");
  }

  private LiveServer dispatcher(Path template) {
    return dispatcher(template, "PT0.5S");
  }

  private LiveServer dispatcher(Path template, String pollInterval) {
    Map<String, String> environment = new HashMap<>(environment());
    environment.put("SPILLWAY_AWS_POLL_INTERVAL", pollInterval);
    return LiveServer.start(
        environment,
        temp.resolve("dispatcher"),
        "--backend",
        "aws",
        "--template",
        template.toString());
  }

  private Ran spillway(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "-Dspillway.home=" + ROOT,
                "dev.spillway.dispatch.cli.Main"));
    command.addAll(List.of(arguments));
    Path out = temp.resolve("out.txt");
    Path err = temp.resolve("err.txt");
    ProcessBuilder program =
        new ProcessBuilder(command)
            .directory(temp.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    program.environment().putAll(environment());
    Process process = program.start();
    if (!process.waitFor(240, TimeUnit.SECONDS)) {
      process.destroy();
    }
    return new Ran(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private String get(LiveServer server, String path) throws Exception {
    return send(HttpRequest.newBuilder(server.url().resolve(path))).body();
  }

  private HttpResponse<String> post(URI url, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(url)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private String submit(LiveServer server, String document) throws Exception {
    HttpResponse<String> answer = post(server.url().resolve("/tasks"), document);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return JSON.readTree(answer.body()).path("taskId").asText();
  }

  private JsonNode task(LiveServer server, String id) throws Exception {
    return JSON.readTree(get(server, "/tasks/" + id));
  }

  private JsonNode until(LiveServer server, String id, String... statuses) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> List.of(statuses).contains(task(server, id).path("status").asText()));
    try {
      return task(server, id);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_task_falls_back_from_lambda_to_batch_with_its_result_and_both_logs() throws Exception {
    try (LiveServer server = dispatcher(TEMPLATE)) {
      assertThat(server.readyLine()).contains("runner aws us-east-1");
      assertThat(get(server, "/healthz")).contains("\"backend\":\"aws\"");
      String id =
          submit(
              server,
              "{\"workload\":\"pause\",\"payload\":{\"seconds\":10},\"expectedDuration\":\"PT1S\"}");
      JsonNode task = until(server, id, "SUCCEEDED", "FAILED");
      assertThat(task.path("status").asText()).as(task.toString()).isEqualTo("SUCCEEDED");
      assertThat(task.path("hops").path(0).path("cause").asText()).isEqualTo("timeout");
      assertThat(task.path("hops").path(1).path("route").asText()).startsWith("batch-");
      assertThat(task.path("hops").path(1).path("attempts").path(0).path("logStreamName").asText())
          .startsWith("pause/default/");
      assertThat(JSON.readTree(get(server, "/tasks/" + id + "/result")).path("seconds").asInt())
          .isEqualTo(10);
      assertThat(get(server, "/tasks/" + id + "/explain"))
          .contains("SUCCEEDED on the second try")
          .contains("the same input was sent to batch-");
      assertThat(get(server, "/tasks/" + id + "/logs?hop=1")).contains("Task timed out after 3.00");
      assertThat(send(HttpRequest.newBuilder(server.url().resolve("/tasks/" + id + "/logs?hop=2"))))
          .satisfies(log -> assertThat(log.statusCode()).isEqualTo(200));
    }
  }

  @Test
  void a_function_answers_and_a_large_payload_goes_through_s3() throws Exception {
    try (LiveServer server = dispatcher(TEMPLATE)) {
      String quick =
          submit(
              server,
              "{\"workload\":\"pause\",\"payload\":{\"seconds\":0.05},\"expectedDuration\":\"PT1S\"}");
      assertThat(until(server, quick, "SUCCEEDED", "FAILED").path("route").asText())
          .isEqualTo("function");
      String large =
          submit(
              server,
              "{\"workload\":\"pause\",\"routes\":[\"batch-ec2\"],\"payload\":{\"seconds\":0.05,\"note\":\""
                  + "x".repeat(5000)
                  + "\"}}");
      JsonNode ended = until(server, large, "SUCCEEDED", "FAILED");
      assertThat(ended.path("status").asText()).as(ended.toString()).isEqualTo("SUCCEEDED");
    }
  }

  @Test
  void cancelling_reaches_the_job_in_aws() throws Exception {
    try (LiveServer server = dispatcher(TEMPLATE)) {
      String id =
          submit(
              server,
              "{\"workload\":\"pause\",\"payload\":{\"seconds\":300},\"routes\":[\"batch-ec2\"]}");
      until(server, id, "RUNNING");
      assertThat(
              post(server.url().resolve("/tasks/" + id + ":cancel"), "{\"reason\":\"no need\"}")
                  .statusCode())
          .isEqualTo(202);
      assertThat(until(server, id, "FAILED").path("statusReason").asText()).isEqualTo("no need");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> jobs(id).allMatch(job -> job.path("status").asText().equals("FAILED")));
      assertThat(jobs(id)).hasSize(1);
    }
  }

  @Test
  void a_dispatcher_that_is_killed_finds_its_job_again_and_sends_no_second_one() throws Exception {
    String id;
    try (LiveServer first = dispatcher(TEMPLATE)) {
      id =
          submit(
              first,
              "{\"workload\":\"pause\",\"payload\":{\"seconds\":8},\"routes\":[\"batch-ec2\"]}");
      until(first, id, "RUNNING");
      first.kill9();
    }
    try (LiveServer second = dispatcher(TEMPLATE)) {
      assertThat(until(second, id, "SUCCEEDED", "FAILED").path("status").asText())
          .isEqualTo("SUCCEEDED");
      assertThat(jobs(id)).hasSize(1);
    }
  }

  @Test
  void a_job_has_ended_as_soon_as_its_event_is_handed_over() throws Exception {
    try (LiveServer server = dispatcher(TEMPLATE, "PT5M")) {
      URI events = server.url().resolve("/batch/events");
      try (Stream<String> _ = forward(events)) {
        String id =
            submit(
                server,
                "{\"workload\":\"pause\",\"payload\":{\"seconds\":2},\"routes\":[\"batch-ec2\"]}");
        assertThat(until(server, id, "SUCCEEDED", "FAILED").path("status").asText())
            .isEqualTo("SUCCEEDED");
        assertThat(JSON.readTree(get(server, "/tasks/" + id + "/result")).path("seconds").asInt())
            .isEqualTo(2);
      }
      assertThat(post(events, "{\"source\":\"aws.s3\",\"detail\":{}}").body())
          .contains("\"taken\":false");
      HttpResponse<String> broken = post(events, "{");
      assertThat(broken.statusCode()).isEqualTo(400);
      assertThat(broken.body()).contains("ValidationException", "no JSON", "envelope");
    }
  }

  /** As a rule of EventBridge would, with the events of the server that plays AWS. */
  private Stream<String> forward(URI to) throws Exception {
    HttpResponse<Stream<String>> stream =
        http.send(
            HttpRequest.newBuilder(aws.url().resolve("/batch/events")).build(),
            HttpResponse.BodyHandlers.ofLines());
    Stream<String> lines = stream.body();
    Thread.startVirtualThread(
        () ->
            lines
                .filter(line -> line.startsWith("data:"))
                .forEach(
                    line -> {
                      try {
                        assertThat(post(to, line.substring("data:".length())).statusCode())
                            .isEqualTo(200);
                      } catch (Exception e) {
                        throw new IllegalStateException(e);
                      }
                    }));
    return lines;
  }

  /** The jobs of a task, as the server that plays AWS lists them. */
  private Stream<JsonNode> jobs(String taskId) throws Exception {
    String filter =
        "{\"jobQueue\":\"on-demand\",\"filters\":[{\"name\":\"JOB_NAME\",\"values\":[\"pause-"
            + taskId
            + "*\"]}]}";
    JsonNode found = JSON.readTree(post(aws.url().resolve("/v1/listjobs"), filter).body());
    List<JsonNode> jobs = new ArrayList<>();
    found.path("jobSummaryList").forEach(jobs::add);
    return jobs.stream();
  }

  @Test
  void no_wire_api_is_served() throws Exception {
    try (LiveServer server = dispatcher(TEMPLATE)) {
      HttpResponse<String> batch = post(server.url().resolve("/v1/describejobqueues"), "{}");
      assertThat(batch.statusCode()).isEqualTo(400);
      assertThat(batch.body()).contains("backend aws");
      assertThat(post(server.url().resolve("/2015-03-31/functions/pause/invocations"), "{}").body())
          .contains("backend aws");
      HttpResponse<String> reclaim = post(server.url().resolve("/instances/i-1:reclaim"), "{}");
      assertThat(reclaim.statusCode()).isEqualTo(409);
      assertThat(reclaim.body()).contains("Fault Injection Service");
      assertThat(send(HttpRequest.newBuilder(server.url().resolve("/hosts"))).statusCode())
          .isEqualTo(404);
      assertThat(get(server, "/workloads")).contains("\"thumbnail\"");
    }
  }

  @Test
  void a_start_names_everything_that_aws_has_not() throws Exception {
    Path template =
        Files.writeString(
            temp.resolve("other.yaml"),
            Files.readString(TEMPLATE)
                .replace("CodeUri: lambda-handlers", "CodeUri: " + ROOT + "/lambda-handlers")
                .replace("FunctionName: pause", "FunctionName: rest")
                .replace("JobDefinitionName: pause", "JobDefinitionName: rest")
                .replace("JobQueueName: spot", "JobQueueName: cheap"),
            StandardCharsets.UTF_8);
    Ran ran =
        spillway(
            "serve",
            "--backend",
            "aws",
            "--template",
            template.toString(),
            "--port",
            "0",
            "--data",
            temp.resolve("none").toString());
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err())
        .contains("Lambda has no function rest.")
        .contains("Batch has no job queue cheap.")
        .contains("Batch has no active job definition rest.")
        .doesNotContain("thumbnail");
  }

  @Test
  void the_fallback_example_runs_with_backend_aws() throws Exception {
    Ran ran = run("examples/fallback");
    assertThat(ran.out()).contains("1 task: 1 succeeded").contains("1 fell back");
  }

  @Test
  void the_thumbnails_example_runs_with_backend_aws_and_brings_its_output() throws Exception {
    Ran ran = run("examples/thumbnails");
    assertThat(ran.out()).contains("12 tasks: 12 succeeded").contains("12 JPEG, 12 JSON");
    assertThat(ran.out()).contains("function").contains("batch-");
  }

  private Ran run(String example) throws Exception {
    Ran ran =
        spillway(
            "run",
            ROOT.resolve(example).toString(),
            "--backend",
            "aws",
            "--data",
            temp.resolve("run").toString(),
            "--port",
            "0");
    assertThat(ran.exitCode()).as(ran.out() + ran.err()).isZero();
    assertThat(ran.err()).contains("runner aws us-east-1");
    return ran;
  }
}
