package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.batch.testkit.PrivateEngine;
import dev.spillway.batch.testkit.RequiresDocker;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;

/**
 * Every failure of a route, done for real to a server that runs: the task succeeds on the next
 * route, once, with the same input, and its story says what happened. Prints the table.
 */
@Tag("e2e")
@Tag("crash")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultMatrixTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int STORM = 6;
  private static final FaultTable TABLE = new FaultTable();

  @TempDir static Path temp;
  private static FaultStack stack;
  private static LiveServer server;
  private static TaskClient tasks;
  private static List<String> storm;

  @BeforeAll
  static void serve() throws Exception {
    stack = new FaultStack(temp);
    for (String fault : List.of("memory", "heap", "disk", "device", "abort")) {
      stack.function(fault, fault, "").job(fault);
    }
    stack
        .function("slow", "sleep", "Timeout: 1")
        .job("slow")
        .function("storm", "", "")
        .job("storm")
        .function("gone", "", "")
        .job("gone", "short", "4")
        .function("no-class", "", "Handler: com.acme.NoSuchHandler::handle")
        .job("no-class")
        .function("broken", "", "")
        .job("broken")
        .job("stay", "stay")
        .job("quick")
        .job("reclaimed", "stay-first")
        .queue("spot", "SPOT", 10, 16)
        .queue("full", "SPOT", 500, 2)
        .queue("steady", "EC2", 1, 16);
    server =
        LiveServer.start(
            stack.data(),
            stack.options(
                "runner: process\nfunction.concurrency: 4\nfallback.noCapacityAfter: PT8S\n"));
    tasks = new TaskClient(server.url());
    try (LambdaClient lambda = lambda()) {
      lambda.putFunctionConcurrency(r -> r.functionName("storm").reservedConcurrentExecutions(0));
    }
    // It takes half a minute until they stop asking, so it is begun here and looked at last.
    storm = tasks.submitAll(IntStream.range(0, STORM).mapToObj(i -> task("storm", "")).toList());
  }

  private static LambdaClient lambda() {
    return LambdaClient.builder()
        .endpointOverride(server.url())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  @AfterAll
  static void tell() {
    TABLE.print();
    if (server != null) {
      server.close();
    }
  }

  private static String task(String workload, String more) {
    return "{\"workload\":\"%s\",\"payload\":{\"text\":\"input of %s\"}%s}"
        .formatted(workload, workload, more);
  }

  private static void fellBack(String fault, String taskId, String cause, String... story) {
    TABLE.fellBack(tasks, stack, fault, taskId, cause, story);
  }

  @ParameterizedTest(name = "{0}")
  @Order(1)
  @CsvSource(
      delimiter = '|',
      value = {
        "a function sleeps past its timeout | slow | timeout | \"Task timed out after 1.00 seconds\". That is the route's doing (it ran out of time)",
        "a function eats memory until it is killed | memory | out-of-memory | with 512 MiB of memory instead of 256 MiB",
        "a function's heap is full | heap | out-of-memory | \"java.lang.OutOfMemoryError: Java heap space\". That is the route's doing (it ran out of memory)",
        "a function fills /tmp | disk | disk-full | No space left on device: the temporary folder has",
        "a function's code finds its device full | device | disk-full | \"java.io.IOException: No space left on device\". That is the route's doing (its disk was full)",
        "a worker crashes | abort | crashed | \"Runtime exited with error: signal: aborted\". That is the route's doing (its runtime crashed)",
        "a function's handler does not exist | no-class | failed-to-start | \"java.lang.ClassNotFoundException: Class not found: com.acme.NoSuchHandler\". That is the route's doing (it could not be started)",
      })
  void a_function_that_breaks_is_followed_by_a_job(
      String fault, String workload, String cause, String story) {
    String id = tasks.submit(task(workload, ""));
    fellBack(fault, id, cause, story, "function was tried first.");
    if (cause.equals("out-of-memory")) {
      assertThat(askedFor(id)).as("memory that the job asked for").isEqualTo("512");
    }
  }

  /** What the job of the second hop has, by the Batch API. */
  private static String askedFor(String taskId) {
    String jobId = tasks.task(taskId).path("hops").get(1).path("jobId").asText();
    Map<String, String> has = new TreeMap<>();
    tasks
        .post("/v1/describejobs", "{\"jobs\":[\"" + jobId + "\"]}")
        .path("jobs")
        .path(0)
        .path("container")
        .path("resourceRequirements")
        .forEach(r -> has.put(r.path("type").asText(), r.path("value").asText()));
    return has.get("MEMORY");
  }

  @Test
  @Order(2)
  void a_function_that_is_deleted_between_submit_and_start_is_missing() {
    String first =
        tasks.submit("{\"workload\":\"gone\",\"routes\":[\"batch-spot\"],\"payload\":{}}");
    String id = tasks.submit(task("gone", ",\"dependsOn\":[{\"taskId\":\"" + first + "\"}]"));
    try (LambdaClient lambda = lambda()) {
      lambda.deleteFunction(r -> r.functionName("gone"));
    }
    assertThat(tasks.status(id)).isEqualTo("PENDING");
    fellBack(
        "a function is deleted before its start",
        id,
        "function-missing",
        "ResourceNotFoundException: Function not found",
        "That is the route's doing (the function does not exist)");
  }

  @Test
  @Order(3)
  void a_job_that_gets_no_place_is_given_up_for_the_next_queue() {
    String holder =
        tasks.submit(
            "{\"workload\":\"stay\",\"routes\":[\"batch-spot\"],\"priority\":500,\"vcpus\":2}");
    await().atMost(PATIENCE).until(() -> tasks.status(holder).equals("RUNNING"));
    String id = tasks.submit(task("quick", ",\"priority\":500"));
    await()
        .atMost(PATIENCE)
        .until(() -> tasks.explain(id).contains("waits for a place in queue full. If it has none"));
    fellBack(
        "a queue has no place",
        id,
        "no-capacity",
        "it was given up: it got no place in ",
        "That is the route's doing (it had no place for it)");
    tasks.post("/tasks/" + holder + ":cancel", "{\"reason\":\"the test is over\"}");
    assertThat(stack.runs().stream().filter(line -> line.startsWith(id)))
        .as("what was given up never ran")
        .hasSize(1);
  }

  @Test
  @Order(4)
  void a_spot_instance_that_is_reclaimed_twice_is_left_for_another_route() {
    String id = tasks.submit(task("reclaimed", ""));
    reclaimUnder(id, 1);
    reclaimUnder(id, 2);
    fellBack(
        "a Spot instance is reclaimed twice",
        id,
        "host-lost",
        "and Batch repeated it.",
        "That is the route's doing (its host was lost)",
        "Batch repeats a job once that lost its host; this was the second loss.");
  }

  private static void reclaimUnder(String taskId, int run) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                stack.runs().stream().filter(line -> line.startsWith(taskId + " 1 ")).count()
                    == run);
    String jobId = tasks.task(taskId).path("hops").get(0).path("jobId").asText();
    for (JsonNode instance : tasks.get("/instances").path("instances")) {
      for (JsonNode job : instance.path("jobs")) {
        if (job.asText().equals(jobId)) {
          tasks.post(
              "/instances/" + instance.path("instanceId").asText() + ":reclaim",
              "{\"notice\":\"PT0S\"}");
          return;
        }
      }
    }
    throw new AssertionError("no instance has job " + jobId);
  }

  @Test
  @Order(5)
  void a_storm_of_throttles_is_waited_for_and_then_left() {
    for (String id : storm) {
      fellBack(
          "a function throttles (429), %d of %d".formatted(storm.indexOf(id) + 1, STORM),
          id,
          "throttled",
          "it had been sent 6 times and not taken in: \"TooManyRequestsException: Rate Exceeded\". That is the route's doing (it was throttled)");
      assertThat(tasks.task(id).path("hops").get(0).path("waits").asInt()).isEqualTo(5);
    }
  }

  /** Enough of them that its circuit opens, whichever comes first. */
  @Test
  @Order(6)
  void a_function_whose_service_breaks_is_left_alone() throws Exception {
    Path scratch = stack.data().resolve("functions/broken/tmp");
    Files.createDirectories(scratch.getParent());
    Files.deleteIfExists(scratch);
    Files.createFile(scratch);
    List<String> ids =
        tasks.submitAll(IntStream.range(0, STORM).mapToObj(_ -> task("broken", "")).toList());
    for (String id : ids) {
      fellBack(
          "a function's service breaks (500), %d of %d".formatted(ids.indexOf(id) + 1, STORM),
          id,
          "circuit-open",
          "Function broken is left alone: of its last ",
          " failed or were not answered.",
          "That is the route's doing (too many calls to it had failed, so none is made for a while)");
    }
    assertThat(stack.runs().stream().filter(line -> line.endsWith("input of broken\"}")))
        .as("only the jobs ran")
        .hasSize(STORM)
        .allMatch(line -> line.contains(" 2 job "));
  }

  @Test
  @Order(7)
  @RequiresDocker
  void an_engine_that_is_stopped_and_a_container_that_is_killed_for_its_memory() throws Exception {
    // Short: a socket's path has at most 107 characters.
    Path folder = Files.createTempDirectory("spw");
    FaultStack docker = new FaultStack(folder);
    docker
        .container("away", 64, "exit 0")
        .container("large", 64, "exec /bin/busybox dd if=/dev/zero of=/dev/null bs=90M count=1")
        .queue("spot", "SPOT", 10, 16)
        .queue("steady", "EC2", 1, 16);
    String[] options =
        docker.options("runner: docker\nbatch.launchDelay: PT6S\nbatch.keepIdle: PT10M\n");
    try (PrivateEngine engine =
            new PrivateEngine(Files.createDirectories(folder.resolve("e")), false);
        LiveServer live =
            LiveServer.start(Map.of("DOCKER_HOST", engine.host()), docker.data(), options)) {
      URI url = live.url();
      TaskClient client = new TaskClient(url);
      String away = client.submit(task("away", ""));
      engine.stop();
      await()
          .atMost(PATIENCE)
          .until(() -> client.task(away).path("hops").size() == 2 || ended(client, away));
      engine.start();
      TABLE.fellBack(
          client,
          docker,
          "the Docker engine is stopped",
          away,
          "failed-to-start",
          "That is the route's doing (it could not be started)");
      TABLE.fellBack(
          client,
          docker,
          "a container is killed for its memory",
          client.submit(task("large", "")),
          "out-of-memory",
          "\"OutOfMemoryError: Container killed due to memory usage\"",
          "with 128 MiB of memory instead of 64 MiB");
    }
  }

  private static boolean ended(TaskClient client, String id) {
    return List.of("SUCCEEDED", "FAILED").contains(client.status(id));
  }
}
