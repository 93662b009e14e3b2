package dev.spillway.batch.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spillway.batch.api.EventStream.Told;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.batch.model.JobStatus;

/** The stream of events, as a client reads it. Source: user guide, EventBridge events. */
@Tag("conformance")
@Timeout(60)
class EventsConformanceTest extends ConformanceServer {
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void hangUp() {
    http.shutdownNow();
  }

  private Iterator<Told> stream(String query, String lastEventId) throws Exception {
    return EventStream.open(http, server.url(), query, lastEventId);
  }

  @Test
  void every_move_is_told_once_in_its_order_and_resumed_without_loss() throws Exception {
    Iterator<Told> live = stream("", null);
    String one = submit(define("exit", "3"), s -> s.retryStrategy(r -> r.attempts(2))).jobId();
    String array = submit(define("exit", "0"), s -> s.arrayProperties(a -> a.size(3))).jobId();
    ended(one);
    ended(array);
    List<Told> told = EventStream.until(live, array, "SUCCEEDED");
    for (int i = 1; i < told.size(); i++) {
      assertThat(told.get(i).id()).isEqualTo(told.get(i - 1).id() + 1);
    }
    assertThat(statuses(told, one))
        .containsExactly(
            "RUNNABLE", "STARTING", "RUNNING", "RUNNABLE", "STARTING", "RUNNING", "FAILED");
    assertThat(statuses(told, array)).containsExactly("PENDING", "SUCCEEDED");
    for (int i = 0; i < 3; i++) {
      assertThat(statuses(told, array + ":" + i))
          .containsExactly("RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED");
    }
    Told failed = told.stream().filter(t -> t.status().equals("FAILED")).findFirst().orElseThrow();
    JsonNode envelope = failed.envelope();
    assertThat(failed.name()).isEqualTo("job-state-change");
    assertThat(envelope.path("detail-type").asText()).isEqualTo("Batch Job State Change");
    assertThat(envelope.path("source").asText()).isEqualTo("aws.batch");
    assertThat(envelope.path("account").asText()).isEqualTo("123456789012");
    assertThat(envelope.path("time").asText()).matches("[0-9-]{10}T[0-9:]{8}Z");
    assertThat(UUID.fromString(envelope.path("id").asText())).isNotNull();
    assertThat(envelope.at("/resources/0").asText()).endsWith(":job/" + one);
    assertThat(envelope.at("/detail/attempts")).hasSize(2);
    assertThat(envelope.at("/detail/container/exitCode").asInt()).isEqualTo(3);
    assertThat(envelope.at("/detail/tags/resourceArn").asText()).endsWith(":job/" + one);
    // In the middle of a line that stands for three children.
    Told middle =
        told.stream()
            .filter(t -> t.job().equals(array + ":1") && t.status().equals("RUNNABLE"))
            .findFirst()
            .orElseThrow();
    List<Told> again =
        EventStream.until(stream("", Long.toString(middle.id())), array, "SUCCEEDED");
    assertThat(again).isEqualTo(told.subList(told.indexOf(middle) + 1, told.size()));
  }

  private static List<String> statuses(List<Told> told, String job) {
    return told.stream().filter(t -> t.job().equals(job)).map(Told::status).toList();
  }

  @Test
  void a_blocked_queue_is_told_once_with_awss_words() throws Exception {
    environment("small", 1);
    queue("small", "small");
    Iterator<Told> live = stream("?jobQueue=small&status=RUNNABLE", null);
    String large =
        submit(
                define("exit", "0"),
                s ->
                    s.jobQueue("small")
                        .containerOverrides(
                            o ->
                                o.resourceRequirements(
                                    requirement(
                                        software.amazon.awssdk.services.batch.model.ResourceType
                                            .VCPU,
                                        "2"))))
            .jobId();
    assertThat(live.next().name()).isEqualTo("job-state-change");
    Told blocked = live.next();
    assertThat(blocked.name()).isEqualTo("queue-blocked");
    assertThat(blocked.envelope().path("detail-type").asText())
        .isEqualTo("Batch Job Queue Blocked");
    assertThat(blocked.envelope().at("/resources/1").asText()).endsWith(":job-queue/small");
    assertThat(blocked.envelope().at("/detail/statusReason").asText())
        .startsWith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE");
    assertThat(job(large).status()).isEqualTo(JobStatus.RUNNABLE);
    assertThat(job(large).statusReason())
        .startsWith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE");
    batch.updateComputeEnvironment(
        u -> u.computeEnvironment("small").computeResources(r -> r.maxvCpus(2)));
    ended(large);
    // Told late, it is told as it was.
    Told late = stream("?jobQueue=small&detail-type=Batch%20Job%20Queue%20Blocked", "0").next();
    assertThat(late).isEqualTo(blocked);
  }

  @Test
  void what_is_asked_for_wrongly_is_refused() throws Exception {
    for (String query :
        List.of(
            "?status=DONE",
            "?lastEventId=x",
            "?lastEventId=999999",
            "?detail-type=Other",
            "?jobQueue=no%20queue")) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create(server.url() + "/batch/events" + query)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(query).isEqualTo(400);
      assertThat(answer.headers().firstValue("x-amzn-ErrorType")).hasValue("ClientException");
      assertThat(answer.body()).contains("\"message\":");
    }
  }
}
