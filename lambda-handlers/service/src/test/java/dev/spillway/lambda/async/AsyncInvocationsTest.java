package dev.spillway.lambda.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spillway.lambda.async.ScriptedService.Call;
import dev.spillway.lambda.function.EventInvokeConfig;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.store.FunctionsDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The queue over its real store, with a clock that the test moves and functions that it ends. */
class AsyncInvocationsTest {
  private static final String OTHER = "arn:aws:lambda:us-east-1:123456789012:function:other";
  private static final List<Duration> DELAYS =
      List.of(Duration.ofMinutes(1), Duration.ofMinutes(2));
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final List<String> documents = Collections.synchronizedList(new ArrayList<>());
  private volatile Optional<RuntimeException> inboxFails = Optional.empty();
  private volatile Instant now = Instant.parse("2026-02-03T04:05:06Z");
  private ScriptedService service;
  private FunctionsDatabase database;
  private AsyncInvocations events;

  @BeforeEach
  void open() {
    service = new ScriptedService(3);
    function("f", config(Optional.empty(), Optional.empty()));
    database = FunctionsDatabase.open(folder);
    start();
  }

  private void start() {
    TaskInbox inbox =
        (document, key) -> {
          inboxFails.ifPresent(
              failure -> {
                throw failure;
              });
          documents.add(key.replaceAll(".*-", "") + " " + text(document));
          return Optional.empty();
        };
    InstantSource clock = () -> now;
    events =
        new AsyncInvocations(
            database.events(), service, inbox, clock, DELAYS, () -> UUID.randomUUID().toString());
    events.start();
  }

  @AfterEach
  void close() {
    events.close();
    database.close();
  }

  private void restart() {
    events.close();
    database.close();
    database = FunctionsDatabase.open(folder);
    start();
  }

  @Test
  void a_failing_function_is_tried_three_times_and_then_everyone_is_told() throws Exception {
    function("f", config(Optional.empty(), Optional.of("spillway:tasks")), "spillway:tasks");
    accept("f", "{\"n\":1}");
    next().fail("{\"errorMessage\":\"1\"}");
    passes(Duration.ofSeconds(59));
    nothingIsCalled(1);
    passes(Duration.ofSeconds(1));
    next().fail("{\"errorMessage\":\"2\"}");
    passes(Duration.ofSeconds(119));
    nothingIsCalled(2);
    passes(Duration.ofSeconds(1));
    next().fail("{\"errorMessage\":\"3\"}");
    gone();
    assertThat(documents)
        .containsExactlyInAnyOrder("ON_FAILURE {\"n\":1}", "DEAD_LETTER {\"n\":1}");
  }

  @Test
  void throttles_come_again_sooner_and_leave_the_retries_alone() {
    function("f", config(Optional.empty(), Optional.of("spillway:tasks")));
    accept("f", "{}");
    for (int seconds : new int[] {1, 2, 4, 8}) {
      next().throttle();
      passes(Duration.ofSeconds(seconds));
    }
    for (int minutes : new int[] {1, 2}) {
      next().fail("{}");
      passes(Duration.ofMinutes(minutes));
    }
    assertThat(documents).isEmpty();
    next().fail("{}");
    gone();
    assertThat(documents).hasSize(1);
  }

  @Test
  void a_restart_forgets_no_event_and_no_due_time() {
    accept("f", "{\"n\":1}");
    accept("f", "{\"n\":2}");
    await().until(() -> service.open().size() == 2);
    service.open().getFirst().fail("{}");
    await().until(() -> service.open().size() == 1);
    passes(Duration.ofSeconds(30));
    restart();
    // The one that was under way is taken up at once, the other one when it is due.
    await().until(() -> service.open().size() == 2);
    assertThat(service.open().get(1).event()).isEqualTo("{\"n\":2}");
    service.open().get(1).answer("1");
    passes(Duration.ofSeconds(30));
    await().until(() -> service.calls() == 4);
    assertThat(service.open().getLast().event()).isEqualTo("{\"n\":1}");
    service.open().getLast().answer("1");
    gone();
  }

  @Test
  void a_success_hands_its_record_to_another_function() throws Exception {
    function("other", config(Optional.empty(), Optional.empty()));
    function("f", config(Optional.of(OTHER), Optional.empty()));
    accept("f", "{\"k\":1}");
    Call first = next();
    first.answer("{\"r\":2}");
    await()
        .until(
            () ->
                service.open().stream()
                    .anyMatch(c -> c.invocation().functionName().startsWith("other")));
    Call second = service.open().getLast();
    JsonNode record = JSON.readTree(second.event());
    assertThat(record.path("version").asText()).isEqualTo("1.0");
    assertThat(record.path("timestamp").asText()).isEqualTo("2026-02-03T04:05:06.000Z");
    JsonNode context = record.path("requestContext");
    assertThat(context.path("requestId").asText()).isEqualTo(first.invocation().requestId());
    assertThat(context.path("functionArn").asText())
        .isEqualTo("arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST");
    assertThat(context.path("condition").asText()).isEqualTo("Success");
    assertThat(context.path("approximateInvokeCount").asInt()).isEqualTo(1);
    assertThat(record.path("requestPayload")).isEqualTo(JSON.readTree("{\"k\":1}"));
    assertThat(record.path("responseContext"))
        .isEqualTo(JSON.readTree("{\"statusCode\":200,\"executedVersion\":\"$LATEST\"}"));
    assertThat(record.path("responsePayload")).isEqualTo(JSON.readTree("{\"r\":2}"));
    second.answer("1");
    gone();
  }

  @Test
  void the_dispatcher_gets_the_answer_of_a_success_once_it_can_take_it() {
    function("f", config(Optional.of("spillway:tasks"), Optional.empty()));
    inboxFails = Optional.of(new IllegalStateException("no"));
    accept("f", "{}");
    next().answer("{\"workload\":\"pause\"}");
    await()
        .until(
            () ->
                database
                    .events()
                    .due(now, true, 9, java.util.Set.of(), java.util.Set.of())
                    .isEmpty());
    inboxFails = Optional.empty();
    restart();
    nothingIsCalled(1);
    assertThat(documents).isEmpty();
    passes(Duration.ofSeconds(2));
    gone();
    assertThat(documents).containsExactly("ON_SUCCESS {\"workload\":\"pause\"}");
  }

  @Test
  void a_function_that_is_switched_off_sends_its_events_to_the_failure_destination() {
    service.with(
        "f",
        config(Optional.empty(), Optional.of("spillway:tasks")),
        Optional.empty(),
        OptionalInt.of(0));
    accept("f", "{\"n\":1}");
    gone();
    assertThat(documents).containsExactly("ON_FAILURE {\"n\":1}");
  }

  @Test
  void an_event_that_is_too_old_is_not_invoked_any_more() {
    function("f", config(Optional.empty(), Optional.of("spillway:tasks")));
    accept("f", "{\"n\":1}");
    next().throttle();
    passes(Duration.ofHours(7));
    gone();
    assertThat(service.calls()).isEqualTo(1);
    assertThat(documents).containsExactly("ON_FAILURE {\"n\":1}");
  }

  @Test
  void events_take_all_places_but_one_and_no_more_than_a_function_has_reserved() {
    service.with(
        "g", config(Optional.empty(), Optional.empty()), Optional.empty(), OptionalInt.of(1));
    for (int i = 0; i < 5; i++) {
      accept("g", "{\"g\":" + i + "}");
    }
    await().until(() -> service.open().size() == 1);
    accept("f", "{\"f\":1}");
    accept("f", "{\"f\":2}");
    await().until(() -> service.open().size() == 2);
    assertThat(service.open().stream().map(Call::event)).containsExactly("{\"g\":0}", "{\"f\":1}");
    service.open().getLast().answer("1");
    await().until(() -> service.calls() == 3);
    assertThat(service.open().getLast().event()).isEqualTo("{\"f\":2}");
    for (int i = 0; i < 6; i++) {
      await().until(() -> !service.open().isEmpty());
      service.open().getFirst().answer("1");
    }
    gone();
  }

  @Test
  void a_ring_of_destinations_comes_to_an_end() {
    String arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    function("other", config(Optional.of(arn), Optional.empty()));
    function("f", config(Optional.of(OTHER), Optional.empty()));
    accept("f", "{}");
    for (int i = 0; i < Delivery.HOPS_MAX; i++) {
      next().answer("1");
    }
    gone();
    assertThat(service.calls()).isEqualTo(Delivery.HOPS_MAX);
  }

  @Test
  void what_cannot_be_an_event_is_refused_and_not_kept() {
    assertThatThrownBy(() -> accept("none", "{}")).isInstanceOf(LambdaException.class);
    assertThatThrownBy(() -> accept("f", "{"))
        .hasMessageStartingWith("Could not parse request body into json");
    assertThatThrownBy(() -> accept("f", "\"" + "x".repeat(1_048_576) + "\""))
        .hasMessage(
            "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)");
    assertThat(events.waiting()).isZero();
  }

  // ---- what a test says

  private void function(String name, EventInvokeConfig config) {
    service.with(name, config, Optional.empty(), OptionalInt.empty());
  }

  private void function(String name, EventInvokeConfig config, String deadLetter) {
    service.with(name, config, Optional.of(deadLetter), OptionalInt.empty());
  }

  private static EventInvokeConfig config(Optional<String> success, Optional<String> failure) {
    return new EventInvokeConfig(
        OptionalInt.empty(), OptionalInt.empty(), success, failure, Instant.EPOCH);
  }

  private void accept(String name, String event) {
    events.accept(
        new Invocation(
            UUID.randomUUID().toString(),
            name,
            event.getBytes(StandardCharsets.UTF_8),
            Optional.empty()));
  }

  private Call next() {
    await().until(() -> service.open().size() == 1);
    return service.open().getFirst();
  }

  private void passes(Duration time) {
    // Only once what was decided before is stored, as its due time counts from then.
    await()
        .until(
            () ->
                database
                    .events()
                    .due(now, false, 9, java.util.Set.of(), java.util.Set.of())
                    .stream()
                    .noneMatch(event -> service.open().isEmpty()));
    now = now.plus(time);
    events.wake();
  }

  private void nothingIsCalled(int before) {
    await()
        .during(Duration.ofMillis(200))
        .atMost(Duration.ofSeconds(2))
        .until(() -> service.calls() == before);
  }

  private void gone() {
    await().until(() -> events.waiting() == 0);
    assertThat(database.events().size().events()).isZero();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
