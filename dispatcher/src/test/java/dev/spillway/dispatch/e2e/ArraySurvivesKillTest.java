package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * An array of a thousand children whose payloads are lines of an object, one in ten of which its
 * function has no disk for, and an array that waits for it child for child; the server is killed in
 * their middle. Every child ends, once, and both parents say so.
 */
@Tag("crash")
class ArraySurvivesKillTest {
  private static final int CHILDREN = Integer.getInteger("spillway.children", 1_000);

  @TempDir Path temp;
  private FaultStack stack;
  private LiveServer server;

  @Test
  void every_child_ends_once_over_a_kill_of_the_server() throws Exception {
    stack = new FaultStack(temp);
    stack
        .function("mixed", "", "")
        .job("mixed")
        .queue("spot", "SPOT", 10, 16)
        .queue("steady", "EC2", 1, 16);
    String[] options =
        stack.options("runner: process\nfunction.concurrency: 4\nbatch.keepIdle: PT10M\n");
    server = LiveServer.start(stack.data(), options);
    long begun = System.nanoTime();
    try {
      putLines();
      String first =
          client()
              .submit(
                  "{\"workload\":\"mixed\",\"name\":\"lines\",\"arrayProperties\":{\"size\":%d},"
                          .formatted(CHILDREN)
                      + "\"payloadsS3Uri\":\"s3://inputs/lines.jsonl\"}");
      String second =
          client()
              .submit(
                  "{\"workload\":\"mixed\",\"name\":\"after\",\"arrayProperties\":{\"size\":%d},"
                          .formatted(CHILDREN)
                      + "\"payload\":{\"text\":\"after\"},"
                      + "\"dependsOn\":[{\"taskId\":\"%s\",\"type\":\"N_TO_N\"}]}"
                          .formatted(first));
      until(() -> stack.runs().size() >= CHILDREN / 2);
      long known =
          client()
              .get("/tasks/" + first)
              .path("arrayProperties")
              .path("statusSummary")
              .path("SUCCEEDED")
              .asLong();
      System.out.printf("killed with %d runs, %d of them known%n", stack.runs().size(), known);
      server.kill9();
      server = LiveServer.start(stack.data(), options);
      until(() -> ended(first) && ended(second));
      double seconds = (System.nanoTime() - begun) / 1e9;
      check(first, second);
      System.out.printf(
          "children: 2 x %,d, runs: %,d, one kill -9, %.0f s%n%s%n",
          CHILDREN, stack.runs().size(), seconds, client().explain(first));
    } finally {
      server.close();
    }
  }

  private TaskClient client() {
    return new TaskClient(server.url());
  }

  private boolean ended(String id) {
    return Set.of("SUCCEEDED", "FAILED").contains(client().status(id));
  }

  private static void until(Callable<Boolean> condition) {
    await()
        .atMost(Duration.ofMinutes(8))
        .pollInterval(Duration.ofMillis(250))
        .ignoreExceptions()
        .until(condition);
  }

  private void putLines() {
    String lines =
        IntStream.range(0, CHILDREN)
            .mapToObj(
                i ->
                    "{\"text\":\"t%d\",\"fault\":\"%s\"}\n"
                        .formatted(i, i % 10 == 3 ? "device" : "none"))
            .collect(Collectors.joining());
    try (S3Client s3 =
        S3Client.builder()
            .endpointOverride(server.s3())
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .build()) {
      s3.createBucket(b -> b.bucket("inputs"));
      s3.putObject(b -> b.bucket("inputs").key("lines.jsonl"), RequestBody.fromString(lines));
    }
  }

  private void check(String first, String second) {
    for (String id : new String[] {first, second}) {
      JsonNode array = client().task(id);
      assertThat(array.path("status").asText()).as("%s", array).isEqualTo("SUCCEEDED");
      assertThat(array.path("arrayProperties").path("statusSummary").path("SUCCEEDED").asInt())
          .isEqualTo(CHILDREN);
    }
    Map<String, TreeMap<Integer, String>> runs = new HashMap<>();
    Map<String, Integer> firstRun = new HashMap<>();
    int place = 0;
    for (String line : stack.runs()) {
      String[] words = line.split(" ", 4);
      runs.computeIfAbsent(words[0], _ -> new TreeMap<>())
          .put(Integer.parseInt(words[1]), words[2] + " " + words[3]);
      firstRun.putIfAbsent(words[0], place++);
    }
    Set<String> listed = new HashSet<>();
    int fellBack = 0;
    String token = "";
    do {
      JsonNode page = client().get("/tasks/" + first + "/children?maxResults=400" + token);
      for (JsonNode child : page.path("tasks")) {
        listed.add(child.path("taskId").asText());
        fellBack += child.path("hops").size() > 1 ? 1 : 0;
        int index = child.path("arrayProperties").path("index").asInt();
        boolean noDisk = index % 10 == 3;
        long succeeded =
            child.findValuesAsText("status").stream().filter("succeeded"::equals).count();
        assertThat(succeeded).as("successes of %s", child).isOne();
        assertThat(child.path("route").asText())
            .as("%s", child)
            .isEqualTo(noDisk ? "batch-spot" : "function");
        assertThat(runs.get(first + ":" + index).lastEntry().getValue())
            .contains(noDisk ? "job {\"text\":\"t" + index + "\"" : "function t" + index);
        assertThat(firstRun.get(first + ":" + index))
            .as("child %d of the second waited for it", index)
            .isLessThan(firstRun.get(second + ":" + index));
      }
      token = page.has("nextToken") ? "&nextToken=" + page.path("nextToken").asText() : "";
    } while (!token.isEmpty());
    assertThat(listed).hasSize(CHILDREN);
    assertThat(fellBack).isEqualTo(CHILDREN / 10);
  }
}
