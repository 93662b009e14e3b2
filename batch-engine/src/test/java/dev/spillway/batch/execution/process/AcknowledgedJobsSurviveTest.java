package dev.spillway.batch.execution.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.SqlJournal;
import dev.spillway.batch.testkit.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server is killed, again and again, while clients submit: whatever it said yes to is there, and
 * comes to one end, and to no other.
 */
@Tag("crash")
class AcknowledgedJobsSurviveTest {
  private static final int ROUNDS =
      Integer.getInteger("spillway.crash.rounds", Boolean.getBoolean("spillway.soak") ? 100 : 20);
  private static final long SEED = Long.getLong("spillway.seed", 1L);
  private static final int CLIENTS = 4;
  private static final int SUBMITS = 50;
  private static final int LONGEST_LOAD_MILLIS = 400;
  private static final int SIZE = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;
  private final Random random = new Random(SEED);
  private final HttpClient http = HttpClient.newHttpClient();

  /** What was acknowledged: job by key. */
  private final Map<String, String> acknowledged = new ConcurrentHashMap<>();

  /** What was sent and not answered, by client: key and request. It is sent again, as it was. */
  private final Map<Integer, Map.Entry<String, String>> unanswered = new ConcurrentHashMap<>();

  private final Map<String, String> twoAnswers = new ConcurrentHashMap<>();
  private URI url;
  private Optional<BatchSettings.Postgres> postgres = Optional.empty();

  @Test
  void each_acknowledged_job_is_there_and_ends_once() throws Exception {
    surviveKills(ROUNDS);
  }

  @Test
  void each_acknowledged_job_is_there_and_ends_once_in_PostgreSQL() throws Exception {
    postgres = Optional.of(PostgresServer.database());
    surviveKills(Math.max(1, ROUNDS / 4));
  }

  private void surviveKills(int rounds) throws Exception {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path data = Files.createDirectory(temp.resolve("data"));
    Path runs = Files.createDirectory(temp.resolve("runs"));
    Files.setPosixFilePermissions(runs, PosixFilePermissions.fromString("rwxrwxrwx"));
    Process server = start(data);
    try {
      define(runs);
      for (int round = 0; round < rounds; round++) {
        submitUntilKilled(server, round);
        server = start(data);
      }
      await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(this::allEnded);
      server.destroyForcibly().waitFor();
      check(data, runs, rounds);
    } finally {
      server.destroyForcibly().waitFor();
      ProcessExecutorTest.end(DoomedServer.connect(data));
    }
  }

  private void submitUntilKilled(Process server, int round) throws Exception {
    var first = new CountDownLatch(1);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Future<?>> all = new ArrayList<>();
    for (int c = 0; c < CLIENTS; c++) {
      int client = c;
      long seed = random.nextLong();
      all.add(clients.submit(() -> submit(client, round, new Random(seed), first)));
    }
    clients.shutdown();
    first.await(5, TimeUnit.SECONDS); // a server that has just started is slow
    clients.awaitTermination(random.nextInt(LONGEST_LOAD_MILLIS), TimeUnit.MILLISECONDS);
    server.destroyForcibly().waitFor();
    for (Future<?> client : all) {
      client.get(1, TimeUnit.MINUTES);
    }
  }

  private void submit(int client, int round, Random choice, CountDownLatch first) {
    try {
      for (int i = 0; i < SUBMITS; i++) {
        Map.Entry<String, String> request = unanswered.get(client);
        if (request == null) {
          String key = "k-%d-%d-%d".formatted(round, client, i);
          request = Map.entry(key, request(key, choice));
          unanswered.put(client, request);
        }
        String jobId = post("submitjob", request.getValue()).path("jobId").asText();
        assertThat(jobId).isNotEmpty();
        first.countDown();
        String before = acknowledged.put(request.getKey(), jobId);
        if (before != null && !before.equals(jobId)) {
          twoAnswers.put(request.getKey(), before + " " + jobId);
        }
        if (choice.nextInt(4) > 0) { // else it is sent once more, answered or not
          unanswered.remove(client);
        }
      }
    } catch (IOException _) {
      // the server is gone
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String request(String key, Random choice) {
    String more = choice.nextInt(3) == 0 ? ",\"arrayProperties\":{\"size\":" + SIZE + "}" : "";
    List<String> jobs = List.copyOf(acknowledged.values());
    if (choice.nextInt(3) == 0 && !jobs.isEmpty()) {
      String on = jobs.get(choice.nextInt(jobs.size()));
      more += ",\"dependsOn\":[{\"jobId\":\"" + on + "\"}]";
    }
    String definition = choice.nextInt(5) == 0 ? "bad" : "good";
    return """
    {"jobName":"j","jobQueue":"q","jobDefinition":"%s","tags":{"spillway:idempotency-key":"%s"}%s}\
    """
        .formatted(definition, key, more);
  }

  private void define(Path runs) throws Exception {
    post(
        "createcomputeenvironment",
        """
        {"computeEnvironmentName":"ce","type":"MANAGED","computeResources":{"type":"EC2",
         "allocationStrategy":"BEST_FIT_PROGRESSIVE","minvCpus":0,"maxvCpus":256,"instanceTypes":["optimal"],
         "instanceRole":"ecsInstanceRole","subnets":["subnet-1"],"securityGroupIds":["sg-1"]}}
        """);
    post(
        "createjobqueue",
        """
        {"jobQueueName":"q","priority":1,
         "computeEnvironmentOrder":[{"order":1,"computeEnvironment":"ce"}]}
        """);
    String once =
        "d=%s/$AWS_BATCH_JOB_ID; mkdir $d || echo $d >> %s/twice; sleep 0.0$(($$ %% 9)); rmdir $d; exit "
            .formatted(runs, runs);
    for (Map.Entry<String, Integer> exit : Map.of("good", 0, "bad", 3).entrySet()) {
      JsonNode answer =
          post(
              "registerjobdefinition",
              """
              {"jobDefinitionName":"%s","type":"container","retryStrategy":{"attempts":2},
               "containerProperties":{"image":"job","command":["%s"],"resourceRequirements":[
                 {"type":"VCPU","value":"1"},{"type":"MEMORY","value":"32"}]}}
              """
                  .formatted(exit.getKey(), once + exit.getValue()));
      assertThat(answer.has("revision")).as(answer.toString()).isTrue();
    }
  }

  private boolean allEnded() throws Exception {
    List<String> ids = new ArrayList<>(acknowledged.values());
    for (int from = 0; from < ids.size(); from += 100) {
      List<String> page = ids.subList(from, Math.min(ids.size(), from + 100));
      for (JsonNode job :
          post("describejobs", "{\"jobs\":" + JSON.writeValueAsString(page) + "}").path("jobs")) {
        if (!List.of("SUCCEEDED", "FAILED").contains(job.path("status").asText())) {
          return false;
        }
      }
    }
    return true;
  }

  private void check(Path data, Path runs, int rounds) throws IOException {
    Map<String, Integer> ends = new HashMap<>();
    int lost = 0;
    long next = 1;
    try (Journal journal = SqlJournal.open(CrashServer.settings(data).storedIn(postgres))) {
      for (OutboxEvent event : journal.eventsAfter(0, Integer.MAX_VALUE)) {
        assertThat(event.sequence()).as("the outbox has no gap").isEqualTo(next);
        next += event.span();
        for (String id : ended(event)) {
          ends.merge(id, 1, Integer::sum);
        }
      }
      for (String id : acknowledged.values()) {
        List<Job> found = journal.find(List.of(id));
        boolean there = found.size() == 1 && ends.containsKey(id);
        if (there && found.getFirst().children().isPresent()) {
          for (int i = 0; i < SIZE; i++) {
            there &= ends.containsKey(new ChildId(id, i).toString());
          }
        }
        lost += there ? 0 : 1;
      }
    }
    long twice = ends.values().stream().filter(n -> n > 1).count();
    System.out.printf(
        "crash rounds%s: %d, acknowledged: %d, lost: %d, ended twice: %d, two jobs of one key: %d%n",
        postgres.map(_ -> " on PostgreSQL").orElse(""),
        rounds,
        acknowledged.size(),
        lost,
        twice,
        twoAnswers.size());
    assertThat(acknowledged).as("a load").hasSizeGreaterThan(rounds);
    assertThat(lost).isZero();
    assertThat(twice).isZero();
    assertThat(twoAnswers).isEmpty();
    assertThat(runs.resolve("twice")).as("jobs that ran twice at once").doesNotExist();
  }

  private static List<String> ended(OutboxEvent event) {
    List<String> ids = new ArrayList<>();
    switch (event) {
      case OutboxEvent.JobStateChange change -> {
        if (change.status().terminal()) {
          ids.add(change.jobId());
        }
      }
      case OutboxEvent.ChildStateChanges c -> {
        for (int n = 0; c.status().terminal() && n < c.span(); n++) {
          ids.add(new ChildId(c.parent().id(), c.indexes().at(n)).toString());
        }
      }
      case OutboxEvent.QueueBlocked _ -> {}
    }
    return ids;
  }

  private JsonNode post(String operation, String body) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(
            HttpRequest.newBuilder(url.resolve("/v1/" + operation))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    JsonNode json = JSON.readTree(answer.body());
    assertThat(answer.statusCode()).as("%s %s: %s", operation, body, json).isEqualTo(200);
    return json;
  }

  private Process start(Path data) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                CrashServer.class.getName(),
                data.toString()));
    postgres.ifPresent(database -> command.add(database.url()));
    Process server =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    var out =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    while (line != null && !line.startsWith("up ")) {
      line = out.readLine();
    }
    assertThat(line).as("the server ended before it was up").isNotNull();
    url = URI.create(line.substring(3));
    // Its log goes on; nobody reads it, but it must not stand in its way.
    Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
    return server;
  }
}
