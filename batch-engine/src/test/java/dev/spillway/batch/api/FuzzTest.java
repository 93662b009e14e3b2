package dev.spillway.batch.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.testkit.PostgresServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of requests that nobody should send, from one seed: none breaks the server, each
 * refusal has AWS's shape, and none that was refused changed anything, in memory or on the disk.
 */
@Tag("fuzz")
class FuzzTest {
  private static final int INPUTS = Boolean.getBoolean("spillway.soak") ? 100_000 : 11_000;
  private static final long SEED = Long.getLong("spillway.seed", 1L);
  private static final int CLIENTS = 4;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> LOOKS =
      List.of(
          "describecomputeenvironments {}",
          "describejobqueues {}",
          "describejobdefinitions {}",
          "listschedulingpolicies {}",
          "listconsumableresources {}",
          "getjobqueuesnapshot {\"jobQueue\":\"q\"}",
          "listjobs {\"jobQueue\":\"q\",\"filters\":[{\"name\":\"JOB_NAME\",\"values\":[\"*\"]}],\"maxResults\":100}");

  @TempDir Path data;
  private final Random random = new Random(SEED);
  private final List<FuzzInputs.Input> refused = new ArrayList<>();
  private final TreeMap<Integer, Integer> byStatus = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();
  private int changed;
  private int silent;
  private int numbers;
  private FuzzBodies.Stage stage = new FuzzBodies.Stage("nobody", "nobody", 0);

  @Test
  void no_request_breaks_the_server_and_no_refused_one_changes_it() throws Exception {
    fuzz(
        INPUTS,
        ScriptedServer.settings(data),
        DriverManager.getConnection("jdbc:sqlite:" + data.resolve("batch.db")),
        "pragma data_version");
  }

  @Test
  void nor_one_whose_jobs_are_in_PostgreSQL() throws Exception {
    BatchSettings.Postgres database = PostgresServer.database();
    fuzz(
        INPUTS / 5,
        ScriptedServer.settings(data).storedIn(Optional.of(database)),
        DriverManager.getConnection(
            database.url(), database.user().orElseThrow(), database.password().orElseThrow()),
        "select xmin::text::bigint from owner");
  }

  private void fuzz(int count, BatchSettings settings, Connection connected, String version)
      throws Exception {
    List<String> lines = lines();
    List<FuzzBodies.Valid> valid =
        lines.stream().filter(l -> !l.startsWith("!")).map(FuzzTest::request).toList();
    try (Connection disk = connected;
        ScriptedServer server = ScriptedServer.start(settings, InstantSource.system());
        var connection = new RawConnection(server.url())) {
      var state = new State(disk, version, server.context.getBean(EngineAccess.class).view());
      var inputs = new FuzzInputs(random, new FuzzBodies(random), valid);
      for (int i = 0; i < count; i++) {
        if (i % 1_000 == 0) {
          set(connection, lines);
          state.quiet();
        }
        stage = new FuzzBodies.Stage(stage.job(), stage.array(), ++numbers);
        send(connection, inputs.next(stage, i), state);
      }
      assertThat(faults).as("seed %d", SEED).isEmpty();
      again(server, connection, state);
    }
    System.out.printf(
        "fuzz%s: inputs %d, 2xx %d, 4xx %d, 5xx %d, no answer to half a request %d, state changed by"
            + " refused %d, seed %d%nfuzz: by status %s%n",
        settings.postgres().map(_ -> " on PostgreSQL").orElse(""),
        count,
        count(2),
        count(4),
        count(5),
        silent,
        changed,
        SEED,
        byStatus);
    assertThat(count(2)).isPositive();
    assertThat(count(4)).isPositive();
  }

  private int count(int hundred) {
    return byStatus.subMap(hundred * 100, hundred * 100 + 100).values().stream()
        .mapToInt(Integer::intValue)
        .sum();
  }

  /** What requests may name: resources, jobs that wait, an array. */
  private void set(RawConnection connection, List<String> lines) throws IOException {
    for (String line : lines) {
      if (line.startsWith("!")) {
        ask(connection, line.substring(1));
      }
    }
    String submit = "submitjob {\"jobName\":\"j\",\"jobQueue\":\"q\",\"jobDefinition\":\"jd\"";
    stage =
        new FuzzBodies.Stage(
            ask(connection, submit + "}").path("jobId").asText("nobody"),
            ask(connection, submit + ",\"arrayProperties\":{\"size\":4}}")
                .path("jobId")
                .asText("nobody"),
            ++numbers);
  }

  private void send(RawConnection connection, FuzzInputs.Input input, State state)
      throws IOException {
    Object before = state.now();
    Optional<RawConnection.Answer> answer = answer(connection, input);
    if (answer.isEmpty()) {
      silent++;
      if (input.frame() != FuzzInputs.Frame.HALF && input.bytes().length < 1024 * 1024) {
        fault(input, "no answer");
      }
      return;
    }
    int status = answer.get().status();
    byStatus.merge(status, 1, Integer::sum);
    if (status < 400) {
      return;
    }
    shape(input, answer.get());
    if (refused.size() < 2_000 && random.nextInt(4) == 0 && input.bytes().length < 100_000) {
      refused.add(input);
    }
    if (!before.equals(state.now()) && changes(connection, input, state)) {
      changed++;
      fault(input, "changed the state and was refused with " + status);
    }
  }

  /**
   * What moved may have been the end of something accepted before: asked again, all being quiet.
   */
  private static boolean changes(RawConnection connection, FuzzInputs.Input input, State state)
      throws IOException {
    for (int round = 0; round < 3; round++) {
      Object before = state.quiet();
      Optional<RawConnection.Answer> answer = answer(connection, input);
      if (answer.isEmpty() || answer.get().status() < 400 || before.equals(state.quiet())) {
        return false;
      }
    }
    return true;
  }

  private static Optional<RawConnection.Answer> answer(
      RawConnection connection, FuzzInputs.Input input) throws IOException {
    return switch (input.frame()) {
      case WHOLE -> connection.send(input.bytes(), input.head());
      case LAST -> connection.sendLast(input.bytes(), input.head());
      case HALF -> connection.sendHalf(input.bytes());
    };
  }

  private void shape(FuzzInputs.Input input, RawConnection.Answer answer) {
    String body = new String(answer.body(), UTF_8);
    List<String> wrong = new ArrayList<>();
    if (answer.status() >= 500) {
      wrong.add("status " + answer.status());
    }
    if (answer.headers().getOrDefault("x-amzn-errortype", "").isEmpty()) {
      wrong.add("no x-amzn-ErrorType");
    }
    if (answer.headers().getOrDefault("x-amzn-requestid", "").isEmpty()) {
      wrong.add("no x-amzn-RequestId");
    }
    if (!input.head()) {
      try {
        if (!JSON.readTree(body).path("message").isTextual()) {
          wrong.add("no message");
        }
      } catch (IOException _) {
        wrong.add("no JSON");
      }
    }
    if (!wrong.isEmpty()) {
      fault(input, wrong + " in " + answer.status() + " " + answer.headers() + " " + body);
    }
  }

  private void fault(FuzzInputs.Input input, String what) {
    if (faults.size() < 40) {
      faults.add(what + "\n  of " + input.shown());
    }
  }

  /** The refused ones once more, on connections side by side: what readers see stays. */
  private void again(ScriptedServer server, RawConnection connection, State state)
      throws Exception {
    List<FuzzInputs.Input> still = sideBySide(server, refused); // some may be taken by now
    state.quiet();
    String before = looks(connection);
    int writes = state.writes();
    assertThat(sideBySide(server, still)).hasSameSizeAs(still);
    assertThat(looks(connection)).isEqualTo(before);
    assertThat(state.writes()).isEqualTo(writes);
  }

  /** Those that were refused. */
  private static List<FuzzInputs.Input> sideBySide(
      ScriptedServer server, List<FuzzInputs.Input> inputs) throws Exception {
    var stillRefused = new ConcurrentLinkedQueue<FuzzInputs.Input>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int c = 0; c < CLIENTS; c++) {
        int first = c;
        all.add(
            clients.submit(
                () -> {
                  try (var mine = new RawConnection(server.url())) {
                    for (int i = first; i < inputs.size(); i += CLIENTS) {
                      FuzzInputs.Input input = inputs.get(i);
                      Optional<RawConnection.Answer> answer = answer(mine, input);
                      if (answer.isEmpty() || answer.get().status() >= 400) {
                        stillRefused.add(input);
                      }
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> client : all) {
        client.get();
      }
    }
    return List.copyOf(stillRefused);
  }

  private String looks(RawConnection connection) throws IOException {
    StringBuilder all = new StringBuilder();
    for (String look : LOOKS) {
      JsonNode answer = ask(connection, look);
      assertThat(answer.has("message")).as("%s: %s", look, answer).isFalse();
      all.append(answer.toString().replaceAll("\"lastUpdatedAt\":[0-9]+", "")).append('\n');
    }
    return all.toString();
  }

  private static JsonNode ask(RawConnection connection, String line) throws IOException {
    FuzzBodies.Valid request = request(line);
    FuzzInputs.Input input =
        FuzzInputs.plain("", "/v1/" + request.operation(), request.json().getBytes(UTF_8));
    return JSON.readTree(connection.send(input.bytes(), false).orElseThrow().body());
  }

  private static FuzzBodies.Valid request(String line) {
    int blank = line.indexOf(' ');
    return new FuzzBodies.Valid(line.substring(0, blank), line.substring(blank + 1));
  }

  private static List<String> lines() throws IOException {
    try (InputStream file = FuzzTest.class.getResourceAsStream("/fuzz/requests.txt")) {
      return new String(file.readAllBytes(), UTF_8)
          .lines()
          .filter(l -> !l.startsWith("#"))
          .toList();
    }
  }

  /** Moves with every commit of the store and every change of what readers see. */
  private record State(Connection disk, String version, EngineView view) {

    Object now() {
      int seen =
          Stream.of(
                  view.liveJobs(),
                  view.computeEnvironments(),
                  view.jobQueues(),
                  view.jobDefinitions(),
                  view.schedulingPolicies(),
                  view.consumableResources())
              .flatMap(java.util.Collection::stream)
              .mapToInt(System::identityHashCode)
              .sum();
      return List.of(writes(), seen);
    }

    /** Rises when another connection has written. */
    int writes() {
      try (Statement ask = disk.createStatement();
          ResultSet row = ask.executeQuery(version)) {
        row.next();
        return row.getInt(1);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    /** What it is when it has been the same for a while. */
    Object quiet() {
      var last = new Object[] {now()};
      await()
          .pollDelay(Duration.ofMillis(60))
          .pollInterval(Duration.ofMillis(60))
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                Object was = last[0];
                last[0] = now();
                return was.equals(last[0]);
              });
      return last[0];
    }
  }
}
