package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.spillway.dispatch.aws.BatchGateway.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/**
 * A Batch that differs from ours as AWS's does: a submit has no idempotency, answers are lost,
 * revisions come in any order.
 */
class OtherBatchTest {
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private final List<String> jobs = new CopyOnWriteArrayList<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private SdkClients clients;
  private SdkBatchGateway gateway;

  /** What the next submit does. */
  private enum Submit {
    ANSWERS,
    /** The job is there, the answer is cut. */
    LOSES_ITS_ANSWER,
    /** Nothing happened, and it says 500. */
    BREAKS
  }

  private volatile Submit submit = Submit.ANSWERS;
  private volatile int brokenLists;

  @BeforeEach
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/submitjob", this::submitJob);
    server.createContext("/v1/listjobs", this::listJobs);
    server.createContext("/v1/describejobdefinitions", OtherBatchTest::describeDefinitions);
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    clients =
        new SdkClients(
            new SdkClients.Options(
                Optional.of("us-east-1"),
                builder ->
                    builder
                        .credentialsProvider(AnonymousCredentialsProvider.create())
                        .endpointOverride(url)));
    gateway =
        new SdkBatchGateway(
            clients.batch(),
            new SdkBatchGateway.Waits(
                Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofMillis(5)),
            InstantSource.system());
    gateway.listen(events::add);
  }

  @AfterEach
  void close() {
    gateway.close();
    clients.close();
    server.stop(0);
  }

  private void submitJob(HttpExchange exchange) throws IOException {
    calls.add("submit");
    exchange.getRequestBody().readAllBytes();
    switch (submit) {
      case ANSWERS -> {
        jobs.add("job-" + (jobs.size() + 1));
        answer(exchange, 200, "{\"jobId\":\"%s\",\"jobName\":\"n\"}".formatted(jobs.getLast()));
      }
      case LOSES_ITS_ANSWER -> {
        jobs.add("job-" + (jobs.size() + 1));
        exchange.close();
      }
      case BREAKS -> answer(exchange, 500, "{\"message\":\"broken\"}");
    }
  }

  private void listJobs(HttpExchange exchange) throws IOException {
    calls.add("list");
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (brokenLists > 0) {
      brokenLists--;
      answer(exchange, 503, "{\"message\":\"later\"}");
      return;
    }
    assertThat(body).contains("JOB_NAME").contains("Job-t-1");
    // The filter takes upper and lower case for the same.
    String others = "{\"jobId\":\"x\",\"jobName\":\"JOB-T-1\",\"createdAt\":1}";
    String own =
        jobs.isEmpty()
            ? ""
            : ",{\"jobId\":\"%s\",\"jobName\":\"Job-t-1\",\"createdAt\":2}"
                .formatted(jobs.getFirst());
    answer(exchange, 200, "{\"jobSummaryList\":[" + others + own + "]}");
  }

  private static void describeDefinitions(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    answer(
        exchange,
        200,
        body.contains("\"nextToken\":\"2\"")
            ? "{\"jobDefinitions\":[{\"jobDefinitionName\":\"n\",\"revision\":102}]}"
            : "{\"jobDefinitions\":[{\"jobDefinitionName\":\"n\",\"revision\":7}],\"nextToken\":\"2\"}");
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Event start(boolean again) {
    events.clear();
    gateway.start(Starts.job("t/1", "exit 0", OptionalInt.empty(), again));
    await().atMost(Duration.ofSeconds(10)).until(() -> !events.isEmpty());
    return events.getFirst();
  }

  @Test
  void a_first_start_costs_one_call() {
    assertThat(start(false)).isEqualTo(new Event.Sent("t/1", "job-1"));
    assertThat(calls).containsExactly("submit");
  }

  @Test
  void a_submit_whose_answer_is_lost_is_found_and_not_sent_again() {
    submit = Submit.LOSES_ITS_ANSWER;
    assertThat(start(false)).isEqualTo(new Event.Sent("t/1", "job-1"));
    assertThat(calls).containsExactly("submit", "list");
  }

  @Test
  void a_submit_that_broke_and_left_nothing_is_a_5xx() {
    submit = Submit.BREAKS;
    assertThat(start(false))
        .isInstanceOfSatisfying(
            Event.NotSent.class, notSent -> assertThat(notSent.status()).isEqualTo(500));
    assertThat(calls).containsExactly("submit", "list");
  }

  @Test
  void a_start_after_a_restart_looks_before_it_sends() {
    start(false);
    calls.clear();
    assertThat(start(true)).isEqualTo(new Event.Sent("t/1", "job-1"));
    assertThat(calls).containsExactly("list");
  }

  @Test
  void a_start_that_may_have_been_sent_is_not_sent_while_nobody_can_say() {
    brokenLists = 100;
    assertThat(start(true))
        .isInstanceOfSatisfying(
            Event.NotSent.class, notSent -> assertThat(notSent.status()).isEqualTo(503));
    assertThat(calls).doesNotContain("submit");
  }

  @Test
  void finding_gives_up_while_nobody_can_say_and_sends_nothing() {
    brokenLists = 100;
    gateway.find(Starts.job("t/1", "exit 0"));
    await().atMost(Duration.ofSeconds(20)).until(() -> !events.isEmpty());
    assertThat(events)
        .singleElement()
        .isInstanceOfSatisfying(
            Event.NotSent.class, notSent -> assertThat(notSent.status()).isEqualTo(503));
    assertThat(calls).doesNotContain("submit");
  }

  @Test
  void looking_goes_on_until_there_is_an_answer() {
    start(false);
    events.clear();
    brokenLists = 6;
    gateway.lookup(Starts.job("t/1", "exit 0"));
    await().atMost(Duration.ofSeconds(20)).until(() -> !events.isEmpty());
    assertThat(events).containsExactly(new Event.Sent("t/1", "job-1"));
  }

  @Test
  void the_newest_revision_is_found_on_whichever_page_it_is() {
    assertThat(gateway.activeRevision("n")).hasValue("n:102");
  }
}
