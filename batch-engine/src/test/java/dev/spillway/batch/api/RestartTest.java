package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.api.EventStream.Told;
import dev.spillway.batch.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sees of a server that stops and comes back on the same store. */
@Timeout(60)
class RestartTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;
  private final HttpClient http = HttpClient.newHttpClient();
  private volatile Duration ahead = Duration.ZERO;
  private final InstantSource clock = () -> Instant.now().plus(ahead);
  private BatchSettings settings;
  private ScriptedServer server;

  private void start(String store) {
    settings =
        ScriptedServer.settings(data)
            .storedIn(
                store.equals("PostgreSQL")
                    ? Optional.of(PostgresServer.database())
                    : Optional.empty());
    server = ScriptedServer.start(settings, clock);
  }

  private void restart() {
    server.close();
    server = ScriptedServer.start(settings, clock);
  }

  @AfterEach
  void stop() {
    http.shutdownNow();
    server.close();
  }

  private JsonNode call(String operation, String body) {
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(server.url() + "/v1/" + operation))
                  .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    } catch (Exception e) {
      throw new IllegalStateException(operation, e);
    }
  }

  private JsonNode job(String id) {
    return call("describejobs", "{'jobs':['" + id + "']}").at("/jobs/0");
  }

  private void ended(String id, String status) {
    await().untilAsserted(() -> assertThat(job(id).path("status").asText()).isEqualTo(status));
  }

  private void queue(String limits) {
    call(
        "createcomputeenvironment",
        """
        {'computeEnvironmentName':'ce','type':'MANAGED','computeResources':{'type':'EC2','minvCpus':0,
         'maxvCpus':2,'instanceTypes':['optimal'],'instanceRole':'ecsInstanceRole','subnets':['subnet-1'],
         'securityGroupIds':['sg-1']}}
        """);
    call(
        "createjobqueue",
        """
        {'jobQueueName':'q','priority':1,'computeEnvironmentOrder':[{'order':1,'computeEnvironment':'ce'}]%s}
        """
            .formatted(limits));
    call(
        "registerjobdefinition",
        """
        {'jobDefinitionName':'jd','type':'container','containerProperties':{'image':'busybox',
         'command':['exit','0'],'resourceRequirements':[{'type':'VCPU','value':'1'},{'type':'MEMORY','value':'64'}]}}
        """);
  }

  private String submit(String more) {
    return call("submitjob", "{'jobName':'j','jobQueue':'q','jobDefinition':'jd'" + more + "}")
        .path("jobId")
        .asText();
  }

  @ParameterizedTest
  @ValueSource(strings = {"SQLite", "PostgreSQL"})
  void the_event_stream_goes_on_where_it_broke_off(String store) throws Exception {
    start(store);
    queue("");
    List<Told> told = new ArrayList<>();
    var before = EventStream.open(http, server.url(), "", null);
    String one = submit(",'arrayProperties':{'size':3}");
    ended(one, "SUCCEEDED");
    do { // stops in the middle of the array's events
      told.add(before.next());
    } while (!told.getLast().status().equals("SUCCEEDED"));
    restart();
    String two = submit("");
    ended(two, "SUCCEEDED");
    String last = Long.toString(told.getLast().id());
    told.addAll(
        EventStream.until(EventStream.open(http, server.url(), "", last), two, "SUCCEEDED"));
    for (int i = 0; i < told.size(); i++) {
      assertThat(told.get(i).id()).isEqualTo(i + 1);
    }
    assertThat(told.stream().filter(t -> t.status().equals("SUCCEEDED")).map(Told::job))
        .containsExactlyInAnyOrder(one + ":0", one + ":1", one + ":2", one, two);
    List<Told> again =
        EventStream.until(EventStream.open(http, server.url(), "", "0"), two, "SUCCEEDED");
    assertThat(again).isEqualTo(told);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SQLite", "PostgreSQL"})
  void a_time_limit_at_the_head_of_a_queue_counts_on_over_a_restart(String store) {
    start(store);
    queue(
        """
        ,'jobStateTimeLimitActions':[{'reason':'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
          'state':'RUNNABLE','maxTimeSeconds':600,'action':'CANCEL'}]
        """);
    String large = ",'containerOverrides':{'resourceRequirements':[{'type':'VCPU','value':'3'}]}";
    String job = submit(large);
    await()
        .untilAsserted(
            () -> assertThat(job(job).path("statusReason").asText()).startsWith("MISCONFIG"));
    ahead = Duration.ofSeconds(590);
    restart();
    String array = submit(large + ",'arrayProperties':{'size':2}");
    assertThat(job(job).path("status").asText()).isEqualTo("RUNNABLE");
    ahead = Duration.ofSeconds(610);
    submit("");
    ended(job, "FAILED");
    assertThat(job(job).path("statusReason").asText())
        .startsWith(
            "Canceled by JobStateTimeLimit action due to reason: "
                + "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE");
    // Its children have no record; the first has been the head only since then.
    assertThat(job(array + ":0").path("status").asText()).isEqualTo("RUNNABLE");
    ahead = Duration.ofSeconds(1250);
    submit("");
    ended(array + ":0", "FAILED");
    assertThat(job(array + ":0").path("statusReason").asText())
        .startsWith("Canceled by JobStateTimeLimit");
    ahead = Duration.ofSeconds(1900);
    submit("");
    ended(array, "FAILED");
  }
}
