package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bursts of like tasks through a dispatcher with {@code --backend aws}; another server plays AWS,
 * and says how many SubmitJobs it took.
 */
@Tag("e2e")
@Tag("packaged")
class PackedTasksTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final int MANY = Integer.getInteger("spillway.pack.tasks", 2_000);
  private static final int AT_ONCE = 1_000;

  @TempDir static Path shared;
  private static LiveServer aws;
  private static Path template;

  @TempDir Path temp;
  private LiveServer server;
  private TaskClient tasks;

  @BeforeAll
  static void startAws() throws Exception {
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path config =
        Files.writeString(
            shared.resolve("spillway.yaml"),
            """
            runner: process
            runner.process.isolation: none
            runner.process.images: [spillway/workloads, {name: acme/count, entryPoint: [/bin/sh, -c]}]
            batch.hostVcpus: 64
            batch.hostMemory: 64 GiB
            """);
    template = Files.writeString(shared.resolve("template.yaml"), template());
    aws =
        LiveServer.start(
            shared.resolve("data"),
            "--config",
            config.toString(),
            "--template",
            template.toString());
  }

  /** The project's own, and a program that understands packs and costs nothing. */
  private static String template() throws IOException {
    String count =
        """
          CountJob:
            Type: AWS::Batch::JobDefinition
            Properties:
              JobDefinitionName: count
              Type: container
              PlatformCapabilities: [EC2]
              ContainerProperties:
                Image: acme/count
                Command: ['echo "${SPILLWAY_MEMBERS_S3:-$SPILLWAY_TASK_ID} $AWS_BATCH_JOB_ARRAY_INDEX" >> %s/runs']
                ResourceRequirements: [{Type: VCPU, Value: '1'}, {Type: MEMORY, Value: '64'}]
              Tags: {'spillway:workload': count, 'spillway:pack': 'true'}
        """
            .formatted(shared);
    String place = "  # ---- Batch: two environments";
    String own = Files.readString(ROOT.resolve("sam-template.yaml"));
    assertThat(own).contains(place);
    return own.replace("CodeUri: lambda-handlers", "CodeUri: " + ROOT + "/lambda-handlers")
        .replace(place, count + "\n" + place);
  }

  @AfterAll
  static void stopAws() {
    aws.close();
  }

  private void dispatcher(String packArrays) {
    server =
        LiveServer.start(
            Map.of(
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", "local",
                "AWS_SECRET_ACCESS_KEY", "local",
                "AWS_ENDPOINT_URL", aws.url().toString(),
                "AWS_ENDPOINT_URL_S3", aws.s3().toString(),
                "SPILLWAY_AWS_POLL_INTERVAL", "PT0.5S",
                "SPILLWAY_AWS_PACK_ARRAYS", packArrays),
            temp.resolve("dispatcher"),
            "--backend",
            "aws",
            "--template",
            template.toString());
    tasks = new TaskClient(server.url());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String pause(double seconds, String team) {
    return "{\"workload\":\"pause\",\"payload\":{\"seconds\":%s},\"routes\":[\"batch-ec2\"],\"tags\":{\"team\":\"%s\"}}"
        .formatted(seconds, team);
  }

  private List<String> burst(int many, IntFunction<String> document) {
    List<String> ids = new ArrayList<>();
    for (int from = 0; from < many; from += AT_ONCE) {
      ids.addAll(
          tasks.submitAll(
              IntStream.range(from, Math.min(many, from + AT_ONCE)).mapToObj(document).toList()));
    }
    return ids;
  }

  private long counted(String status) {
    long count = 0;
    String token = "";
    do {
      JsonNode page = tasks.get("/tasks?status=" + status + "&maxResults=1000" + token);
      count += page.path("tasks").size();
      String next = page.path("nextToken").asText();
      token = next.isEmpty() ? "" : "&nextToken=" + next;
    } while (!token.isEmpty());
    return count;
  }

  /** One for each SubmitJob that AWS took since the test began; children are not among them. */
  private static List<JsonNode> jobs(String name) {
    TaskClient batch = new TaskClient(aws.url());
    List<JsonNode> jobs = new ArrayList<>();
    for (String queue : List.of("on-demand", "spot")) {
      String token = "";
      do {
        JsonNode page =
            batch.post(
                "/v1/listjobs",
                "{\"jobQueue\":\"%s\",\"filters\":[{\"name\":\"JOB_NAME\",\"values\":[\"%s*\"]}]%s}"
                    .formatted(queue, name, token));
        page.path("jobSummaryList").forEach(jobs::add);
        String next = page.path("nextToken").asText();
        token = next.isEmpty() ? "" : ",\"nextToken\":\"" + next + "\"";
      } while (!token.isEmpty());
    }
    return jobs;
  }

  private static List<JsonNode> jobsSince(String name, List<JsonNode> before) {
    List<String> known = before.stream().map(j -> j.path("jobId").asText()).toList();
    return jobs(name).stream().filter(j -> !known.contains(j.path("jobId").asText())).toList();
  }

  @Test
  void a_burst_costs_a_handful_of_submits_and_each_task_runs_once() throws Exception {
    dispatcher("true");
    long began = System.nanoTime();
    burst(MANY, i -> "{\"workload\":\"count\",\"payload\":{\"n\":%d}}".formatted(i));
    long submitted = System.nanoTime();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60 + MANY / 10))
        .pollInterval(Duration.ofMillis(500))
        .until(() -> counted("SUCCEEDED") + counted("FAILED") == MANY);
    long ended = System.nanoTime();
    assertThat(counted("SUCCEEDED")).isEqualTo(MANY);
    List<String> runs = Files.readAllLines(shared.resolve("runs"));
    assertThat(runs).hasSize(MANY);
    assertThat(new HashSet<>(runs)).hasSize(MANY);
    int submits = jobs("count").size();
    System.out.printf(
        "tasks=%d submitJobs=%d accepted in %.1f s, ended after %.1f s%n",
        MANY, submits, (submitted - began) / 1e9, (ended - began) / 1e9);
    assertThat(submits).isLessThanOrEqualTo(2 + MANY / 500);
  }

  @Test
  void each_task_of_a_burst_has_its_own_result_story_and_log() {
    dispatcher("true");
    List<JsonNode> before = jobs("pause");
    List<String> ids = burst(8, i -> pause(i / 1000.0, "own"));
    for (int i = 0; i < ids.size(); i++) {
      JsonNode task = tasks.ended(ids.get(i), Duration.ofSeconds(120));
      assertThat(task.path("status").asText()).as(task.toString()).isEqualTo("SUCCEEDED");
      assertThat(tasks.get("/tasks/" + ids.get(i) + "/result").path("seconds").asDouble())
          .isEqualTo(i / 1000.0);
      assertThat(task.path("hops").path(0).path("arrayJob").path("size").asInt()).isPositive();
      assertThat(task.path("hops").path(0).path("jobId").asText())
          .endsWith(":" + task.path("hops").path(0).path("arrayJob").path("index").asInt());
    }
    assertThat(jobsSince("pause", before)).hasSizeLessThanOrEqualTo(2);
    assertThat(tasks.explain(ids.get(3))).contains("child ").contains("of an array job of ");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> tasks.text("/tasks/" + ids.get(3) + "/logs").contains("\"seconds\":0.003"));
  }

  @Test
  void one_task_of_a_burst_is_cancelled_and_the_others_go_on() {
    dispatcher("true");
    List<String> ids = burst(3, i -> pause(i == 1 ? 300 : 6, "cancel"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> tasks.status(ids.get(1)).equals("RUNNING"));
    String jobId = tasks.task(ids.get(1)).path("hops").path(0).path("jobId").asText();
    tasks.post("/tasks/" + ids.get(1) + ":cancel", "{\"reason\":\"no need\"}");
    assertThat(tasks.ended(ids.get(0), Duration.ofSeconds(90)).path("status").asText())
        .isEqualTo("SUCCEEDED");
    assertThat(tasks.ended(ids.get(2), Duration.ofSeconds(90)).path("status").asText())
        .isEqualTo("SUCCEEDED");
    TaskClient batch = new TaskClient(aws.url());
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                batch
                    .post("/v1/describejobs", "{\"jobs\":[\"" + jobId + "\"]}")
                    .path("jobs")
                    .path(0)
                    .path("statusReason")
                    .asText()
                    .equals("no need"));
  }

  @Test
  void a_dispatcher_that_is_killed_around_a_submit_finds_its_pack_and_sends_no_second_one() {
    List<JsonNode> before = jobs("pause");
    dispatcher("true");
    List<String> ids = burst(8, i -> pause(2 + i / 1000.0, "kill"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> !jobsSince("pause", before).isEmpty());
    server.kill9();
    dispatcher("true");
    for (int i = 0; i < ids.size(); i++) {
      JsonNode task = tasks.ended(ids.get(i), Duration.ofSeconds(120));
      assertThat(task.path("status").asText()).as(task.toString()).isEqualTo("SUCCEEDED");
      assertThat(tasks.get("/tasks/" + ids.get(i) + "/result").path("seconds").asDouble())
          .isEqualTo(2 + i / 1000.0);
    }
    Map<String, Integer> carried = new HashMap<>();
    ids.forEach(
        id ->
            carried.merge(
                tasks.task(id).path("hops").path(0).path("jobId").asText().replaceFirst(":.*", ""),
                1,
                Integer::sum));
    assertThat(jobsSince("pause", before))
        .as("each job that AWS took is some task's")
        .allSatisfy(job -> assertThat(carried).containsKey(job.path("jobId").asText()));
    assertThat(carried.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(8);
  }

  @Test
  void without_packing_each_task_is_a_job_of_its_own() {
    dispatcher("false");
    List<JsonNode> before = jobs("pause");
    List<String> ids = burst(3, i -> pause(0.01, "alone"));
    ids.forEach(id -> tasks.ended(id, Duration.ofSeconds(90)));
    assertThat(jobsSince("pause", before)).hasSize(3);
  }
}
