package dev.spillway.dispatch.trigger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.dispatch.aws.JobLogReader;
import dev.spillway.dispatch.routing.prediction.Run;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import dev.spillway.dispatch.task.Bench;
import dev.spillway.dispatch.task.DocumentReader;
import dev.spillway.dispatch.task.Histories;
import dev.spillway.dispatch.task.Learnt;
import dev.spillway.dispatch.task.TaskLookup;
import dev.spillway.dispatch.task.TaskRequests;
import dev.spillway.dispatch.wiring.ServerAddress;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Workloads over HTTP: what was learnt of them, and where they go. */
class WorkloadsHttpTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, RunHistory> learnt = new HashMap<>();
  private final Bench bench = new Bench();
  private EmbeddedServer server;

  @BeforeEach
  void start() {
    bench.histories =
        new Histories() {
          @Override
          public RunHistory of(String workload) {
            return learnt.getOrDefault(workload, RunHistory.NONE);
          }

          @Override
          public void forget(String workload) {
            learnt.remove(workload);
          }
        };
    ApplicationContext context =
        ApplicationContext.builder()
            .properties(Map.of("micronaut.server.port", -1, "micronaut.server.host", "127.0.0.1"))
            .build();
    JobLogReader logs = (_, _, _, _) -> Optional.empty();
    context.registerSingleton(JobLogReader.class, logs);
    context.registerSingleton(
        ServerAddress.class,
        new ServerAddress(URI.create("http://127.0.0.1:8081"), "process", "embedded"));
    context.registerSingleton(TaskRequests.class, bench.requests);
    context.registerSingleton(TaskLookup.class, bench.lookup);
    context.registerSingleton(Learnt.class, bench.learnt);
    context.start();
    server = context.getBean(EmbeddedServer.class).start();
  }

  @AfterEach
  void stop() {
    server.getApplicationContext().close();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(server.getURL() + path))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode get(String path) throws Exception {
    return DocumentReader.json(send("GET", path, "").body());
  }

  private void learn(String workload, double seconds, int runs, double hint) {
    RunHistory history = learnt.getOrDefault(workload, RunHistory.NONE);
    for (int i = 0; i < runs; i++) {
      history =
          history.with(
              new Run(seconds, -1, 610, 0, Run.Kind.JOB, false, false),
              new PlannedWith(history.count(), OptionalDouble.empty(), OptionalDouble.of(hint)));
    }
    learnt.put(workload, history);
  }

  @Test
  void a_workload_that_never_ran_has_its_forms_and_a_route_but_no_figures() throws Exception {
    JsonNode all = get("/workloads");
    assertThat(all.path("prices").path("region").asText()).isEqualTo("us-east-1");
    assertThat(all.path("prices").path("compiled").asText()).matches("\\d{4}-\\d\\d-\\d\\d");
    JsonNode resize = get("/workloads/resize");
    assertThat(resize.path("function").path("timeout").asText()).startsWith("PT");
    assertThat(resize.path("history").path("runs").intValue()).isZero();
    assertThat(resize.path("history").has("p50Seconds")).isFalse();
    assertThat(resize.path("history").path("hints").path("verdict").asText()).isEqualTo("none");
    assertThat(resize.path("routeNow").path("route").asText()).isEqualTo("function");
    assertThat(resize.path("routeChanges")).isEmpty();
  }

  @Test
  void what_was_learnt_is_shown_and_changes_where_it_goes_now() throws Exception {
    learn("resize", 402, 14, 120);
    JsonNode resize = get("/workloads/resize");
    JsonNode history = resize.path("history");
    assertThat(history.path("runs").intValue()).isEqualTo(14);
    assertThat(history.path("p50Seconds").doubleValue()).isBetween(401.5, 402.5);
    assertThat(history.path("p95Memory").asText()).isIn("609 MiB", "610 MiB", "611 MiB");
    assertThat(history.path("hints").path("verdict").asText())
        .isEqualTo("too low: 120 s given, 402 s seen");
    assertThat(resize.path("routeNow").path("route").asText()).startsWith("batch-");
    assertThat(resize.path("routeNow").path("why").asText()).contains("expected, the limit is 3 s");
  }

  @Test
  void a_reset_forgets_and_the_next_task_is_planned_as_the_first() throws Exception {
    learn("resize", 402, 14, 120);
    HttpResponse<String> answer = send("POST", "/workloads/resize:reset", "");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(DocumentReader.json(answer.body()).path("history").path("runs").intValue()).isZero();
    assertThat(get("/workloads/resize").path("routeNow").path("route").asText())
        .isEqualTo("function");
    assertThat(send("POST", "/workloads/nope:reset", "").statusCode()).isEqualTo(404);
  }

  @Test
  void what_is_remembered_of_an_image_can_be_seen_and_forgotten_by_its_name() throws Exception {
    learn("spillway-0123", 10, 3, 10);
    assertThat(get("/workloads/spillway-0123").path("history").path("runs").intValue())
        .isEqualTo(3);
    assertThat(send("POST", "/workloads/spillway-0123:reset", "").statusCode()).isEqualTo(200);
    assertThat(send("GET", "/workloads/spillway-0123", "").statusCode()).isEqualTo(404);
  }

  @Test
  void changes_of_route_are_listed_with_their_cause() throws Exception {
    bench.submit("{'workload': 'resize'}");
    bench.pass(60);
    bench.submit("{'workload': 'resize', 'routes': ['batch-ec2']}");
    learn("resize", 402, 14, 120);
    bench.pass(60);
    String moved = bench.submit("{'workload': 'resize'}").taskId();
    learnt.clear();
    bench.pass(60);
    bench.submit("{'workload': 'resize'}");
    bench.pass(60);
    bench.submit("{'workload': 'resize', 'expectedDuration': 'PT20M'}");
    JsonNode all = get("/workloads/resize").path("routeChanges");
    assertThat(all).hasSize(3);
    assertThat(all.path(0).path("cause").asText())
        .matches("not on function: 20 min expected, .*, by its hint");
    JsonNode changes = DocumentReader.JSON.createArrayNode().add(all.path(1)).add(all.path(2));
    assertThat(changes.path(0).path("to").asText()).isEqualTo("function");
    assertThat(changes.path(0).path("cause").asText()).contains("expected, cheapest of 3");
    assertThat(changes.path(1).path("from").asText()).isEqualTo("function");
    assertThat(changes.path(1).path("to").asText()).startsWith("batch-");
    assertThat(changes.path(1).path("taskId").asText()).isEqualTo(moved);
    assertThat(changes.path(1).path("cause").asText())
        .matches("not on function: 6 min 4\\d s expected, the limit is 3 s .*");
  }
}
