package dev.spillway.dispatch.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand tasks of mixed size over HTTP, one in twenty with a failure of its route, and two
 * kill -9 of the server in their middle: every acknowledged task ends, none is lost, none succeeds
 * twice. What ran is told by the code itself, in a file that no server writes. {@code
 * -Dspillway.tasks=} makes them fewer or more.
 */
@Tag("crash")
class ManyTasksSurviveKillTest {
  private static final int TASKS = Integer.getInteger("spillway.tasks", 10_000);
  private static final int AT_ONCE = 50;
  private static final int CONCURRENCY = 4;
  private static final int KILLS = 2;
  private static final List<String> LIVE =
      List.of("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING");

  @TempDir Path temp;
  private FaultStack stack;
  private String[] options;
  private final AtomicReference<LiveServer> server = new AtomicReference<>();
  private final Map<String, String> waitsFor = new ConcurrentHashMap<>();
  private final AtomicInteger acknowledged = new AtomicInteger();

  @Test
  void every_task_ends_once_over_two_kills_of_the_server() throws Exception {
    long seed = Long.getLong("spillway.seed", System.nanoTime());
    stack = new FaultStack(temp);
    stack
        .function("mixed", "", "")
        .fargateJob("mixed")
        .function("brief", "sleep", "Timeout: 1")
        .fargateJob("brief")
        .job("large")
        .queue("fargate", "FARGATE", 1, 16)
        .queue("spot", "SPOT", 10, 16)
        .queue("steady", "EC2", 1, 16);
    options =
        stack.options(
            "runner: process\nfunction.concurrency: %d\nbatch.keepIdle: PT10M\n"
                .formatted(CONCURRENCY));
    server.set(LiveServer.start(stack.data(), options));
    long begun = System.nanoTime();
    try {
      List<String> ids = new ArrayList<>();
      Thread submitter = Thread.ofVirtual().start(() -> ids.addAll(submitAll(new Random(seed))));
      until(() -> acknowledged.get() >= TASKS / 3);
      killAndStart();
      submitter.join();
      until(() -> stack.runs().size() >= TASKS * 3 / 5);
      killAndStart();
      until(() -> LIVE.stream().noneMatch(this::any));
      double seconds = (System.nanoTime() - begun) / 1e9;
      check(ids, seed, seconds);
    } finally {
      server.get().close();
    }
  }

  private static void until(java.util.concurrent.Callable<Boolean> condition) {
    await()
        .atMost(Duration.ofMinutes(20))
        .pollInterval(Duration.ofMillis(250))
        .ignoreExceptions()
        .until(condition);
  }

  private void killAndStart() {
    server.get().kill9();
    server.set(LiveServer.start(stack.data(), options));
  }

  private TaskClient client() {
    return new TaskClient(server.get().url());
  }

  private boolean any(String status) {
    return !client().get("/tasks?maxResults=1&status=" + status).path("tasks").isEmpty();
  }

  /** A batch without an answer is sent again: its keys make that harmless. */
  private List<String> submitAll(Random random) {
    List<String> ids = new ArrayList<>();
    for (int from = 0; from < TASKS; from += AT_ONCE) {
      List<String> documents = new ArrayList<>();
      Map<Integer, String> dependencies = new HashMap<>();
      for (int i = from; i < Math.min(TASKS, from + AT_ONCE); i++) {
        String dependency =
            ids.isEmpty() || random.nextInt(20) > 0 ? "" : ids.get(random.nextInt(ids.size()));
        if (!dependency.isEmpty()) {
          dependencies.put(i, dependency);
        }
        documents.add(document(i, dependency, random));
      }
      ids.addAll(submitted(documents));
      dependencies.forEach((i, dependency) -> waitsFor.put(ids.get(i), dependency));
      acknowledged.set(ids.size());
    }
    return ids;
  }

  private List<String> submitted(List<String> documents) {
    AtomicReference<List<String>> ids = new AtomicReference<>();
    until(
        () -> {
          ids.set(client().submitAll(documents));
          return true;
        });
    return ids.get();
  }

  private static String document(int i, String dependency, Random random) {
    int kind = i % 100;
    // One in five is a job only; one in ten has an input that travels through S3. The others are
    // cheapest as a function, whatever is up: of Fargate's minute each would be billed whole.
    String workload = kind >= 80 ? "large" : kind == 4 && i % 200 == 4 ? "brief" : "mixed";
    String fault =
        switch (kind) {
          case 0, 1, 2 -> "device";
          case 3 -> "heap";
          case 4 -> workload.equals("brief") ? "sleep" : "abort";
          default -> "none";
        };
    String input = "x".repeat(kind % 10 == 9 ? 8_000 : random.nextInt(500));
    return "{\"workload\":\"%s\",\"payload\":{\"text\":\"t%d\",\"fault\":\"%s\",\"input\":\"%s\"}%s,\"idempotencyKey\":\"key-%d\"}"
        .formatted(
            workload,
            i,
            fault,
            input,
            dependency.isEmpty() ? "" : ",\"dependsOn\":[{\"taskId\":\"" + dependency + "\"}]",
            i);
  }

  private void check(List<String> ids, long seed, double seconds) {
    Map<String, JsonNode> told = all();
    List<String> lines = stack.runs();
    Map<String, Integer> firstRun = new HashMap<>();
    Map<String, TreeMap<Integer, Integer>> runs = new HashMap<>();
    int jobsAgain = 0;
    int functionsAgain = 0;
    for (int i = 0; i < lines.size(); i++) {
      String[] words = lines.get(i).split(" ", 4);
      firstRun.putIfAbsent(words[0], i);
      int times =
          runs.computeIfAbsent(words[0], _ -> new TreeMap<>())
              .merge(Integer.parseInt(words[1]), 1, Integer::sum);
      jobsAgain += times > 1 && words[2].equals("job") ? 1 : 0;
      functionsAgain += times > 1 && words[2].equals("function") ? 1 : 0;
    }
    int fellBack = 0;
    Map<String, Integer> causes = new TreeMap<>();
    for (String id : ids) {
      JsonNode task = told.get(id);
      assertThat(task).as("seed %d: %s is lost", seed, id).isNotNull();
      assertThat(task.path("status").asText()).as("seed %d: %s", seed, task).isEqualTo("SUCCEEDED");
      List<Integer> succeeded = new ArrayList<>();
      for (JsonNode hop : task.path("hops")) {
        if (hop.path("status").asText().equals("succeeded")) {
          succeeded.add(hop.path("hop").asInt());
        }
        if (hop.has("cause")) {
          causes.merge(hop.path("cause").asText(), 1, Integer::sum);
        }
      }
      assertThat(succeeded).as("seed %d: successes of %s", seed, task).hasSize(1);
      assertThat(runs.get(id)).as("seed %d: %s says that it ran", seed, id).isNotNull();
      assertThat(runs.get(id).lastKey())
          .as("seed %d: the last hop that ran is the one that counts: %s", seed, task)
          .isEqualTo(succeeded.getFirst());
      fellBack += task.path("hops").size() > 1 ? 1 : 0;
    }
    waitsFor.forEach(
        (id, dependency) ->
            assertThat(firstRun.get(id))
                .as("seed %d: %s ran after %s", seed, id, dependency)
                .isGreaterThan(firstRun.get(dependency)));
    System.out.printf(
        "tasks: %d in %.0f s, ended: %d, lost: 0, succeeded twice: 0, kills: %d, fell back: %d %s,"
            + " runs: %d, of these functions again: %d, jobs again: %d, dependents: %d, seed: %d%n",
        TASKS,
        seconds,
        told.size(),
        KILLS,
        fellBack,
        causes,
        lines.size(),
        functionsAgain,
        jobsAgain,
        waitsFor.size(),
        seed);
    assertThat(told).as("seed %d", seed).hasSize(TASKS);
    assertThat(fellBack).as("seed %d: one in twenty", seed).isGreaterThanOrEqualTo(TASKS / 20);
    assertThat(jobsAgain).as("seed %d: jobs outlive the server", seed).isZero();
  }

  private Map<String, JsonNode> all() {
    Map<String, JsonNode> all = new HashMap<>();
    String page = "";
    do {
      JsonNode answer = client().get("/tasks?maxResults=1000" + page);
      answer.path("tasks").forEach(task -> all.put(task.path("taskId").asText(), task));
      page =
          answer.hasNonNull("nextToken") ? "&nextToken=" + answer.path("nextToken").asText() : "";
    } while (!page.isEmpty());
    return all;
  }
}
