package dev.spillway.dispatch.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import dev.spillway.dispatch.task.Doubles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The line, the rate and the circuit, over a Batch that answers when told. */
class ResilientBatchGatewayTest {
  private final Doubles.Clock clock = new Doubles.Clock();
  private final Silent batch = new Silent();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private ResilientBatchGateway gateway;

  /** Takes submits and says nothing. */
  private static final class Silent extends Doubles.Batch {
    final List<String> submitted = new CopyOnWriteArrayList<>();

    @Override
    public void start(Start start) {
      submitted.add(start.hopKey());
    }
  }

  private void open(OptionalInt rate, int inFlight) {
    gateway =
        new ResilientBatchGateway(
            batch, rate, inFlight, new Circuits("Job queue", Duration.ofSeconds(30), clock));
    gateway.listen(events::add);
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  private static Start job(String key, String queue) {
    return new Start(
        key,
        "name",
        queue,
        "definition",
        Map.of(),
        Map.of(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        List.of(),
        Map.of(),
        BatchGateway.Share.NONE,
        false);
  }

  private void submitted(int many) {
    await().pollInterval(Duration.ofMillis(2)).until(() -> batch.submitted.size() >= many);
  }

  private void breaks(String queue, int times) {
    for (int i = 0; i < times; i++) {
      String key = queue + i + "/1";
      int before = batch.submitted.size();
      gateway.start(job(key, queue));
      submitted(before + 1);
      batch.tell(new Event.NotSent(key, 500, "ServerException", "broken"));
    }
  }

  @Test
  void submits_keep_to_the_rate_and_to_their_order_and_the_caller_does_not_wait() {
    open(OptionalInt.of(50), 100);
    List<String> keys = new ArrayList<>();
    long began = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      keys.add(i + "/1");
      gateway.start(job(keys.getLast(), "spot"));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(500));
    submitted(50);
    // The first goes at once, each other 20 ms after the one before it.
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(900), Duration.ofMillis(3000));
    assertThat(batch.submitted).containsExactlyElementsOf(keys);
  }

  @Test
  void no_more_submits_are_in_flight_than_allowed() {
    open(OptionalInt.empty(), 2);
    for (String key : List.of("a/1", "b/1", "c/1")) {
      gateway.start(job(key, "spot"));
    }
    submitted(2);
    assertThat(batch.submitted).hasSize(2);
    batch.tell(new Event.Sent(batch.submitted.getFirst(), "job-1"));
    submitted(3);
    assertThat(batch.submitted).containsExactlyInAnyOrder("a/1", "b/1", "c/1");
  }

  @Test
  void a_queue_whose_service_breaks_is_left_alone_and_says_until_when() {
    open(OptionalInt.empty(), 10);
    breaks("spot", 5);
    gateway.start(job("next/1", "spot"));
    await().until(() -> events.getLast() instanceof Event.NotSent n && n.hopKey().equals("next/1"));
    assertThat(events.getLast())
        .isEqualTo(
            new Event.NotSent(
                "next/1",
                503,
                "CircuitOpenException",
                "Job queue spot is left alone: of its last 5 calls 5 failed or were not answered."
                    + " It is tried again at 2026-11-21T02:00:34Z."));
    gateway.start(job("other/1", "steady"));
    submitted(6);
    assertThat(batch.submitted).contains("other/1").doesNotContain("next/1");
  }

  @Test
  void finding_waits_for_no_submit_and_is_not_done_while_the_queue_is_left_alone() {
    open(OptionalInt.of(1), 10);
    gateway.start(job("a/1", "steady"));
    gateway.start(job("b/1", "steady"));
    gateway.find(job("pack", "steady"));
    assertThat(batch.lookedFor).containsExactly("pack");
    gateway.close();
    open(OptionalInt.empty(), 10);
    breaks("spot", 5);
    gateway.find(job("other", "spot"));
    assertThat(batch.lookedFor).containsExactly("pack");
    assertThat(events.getLast())
        .isInstanceOfSatisfying(
            Event.NotSent.class,
            refused -> assertThat(refused.errorType()).isEqualTo("CircuitOpenException"));
  }

  @Test
  void refusals_and_throttles_open_nothing() {
    open(OptionalInt.empty(), 10);
    for (int i = 0; i < 20; i++) {
      gateway.start(job(i + "/1", "spot"));
      submitted(i + 1);
      batch.tell(new Event.NotSent(i + "/1", i % 2 == 0 ? 400 : 429, "ClientException", "no"));
    }
    gateway.start(job("next/1", "spot"));
    submitted(21);
    assertThat(batch.submitted).contains("next/1");
  }

  @Test
  void one_that_is_taken_back_while_it_waits_is_never_submitted() {
    open(OptionalInt.empty(), 1);
    gateway.start(job("a/1", "spot"));
    submitted(1);
    gateway.start(job("b/1", "spot"));
    gateway.start(job("c/1", "spot"));
    gateway.cancel("c/1", Optional.empty(), "no need");
    assertThat(events).containsExactly(new Event.Absent("c/1"));
    batch.tell(new Event.Sent("a/1", "job-a"));
    submitted(2);
    batch.tell(new Event.Sent("b/1", "job-b"));
    gateway.start(job("d/1", "spot"));
    submitted(3);
    assertThat(batch.submitted).containsExactly("a/1", "b/1", "d/1");
  }

  @Test
  void a_key_that_waits_or_is_in_flight_is_not_submitted_twice() {
    open(OptionalInt.empty(), 1);
    gateway.start(job("a/1", "spot"));
    submitted(1);
    gateway.start(job("a/1", "spot"));
    gateway.start(job("b/1", "spot"));
    gateway.start(job("b/1", "spot"));
    batch.tell(new Event.Sent("a/1", "job-a"));
    submitted(2);
    batch.tell(new Event.Sent("b/1", "job-b"));
    gateway.start(job("c/1", "spot"));
    submitted(3);
    assertThat(batch.submitted).containsExactly("a/1", "b/1", "c/1");
  }
}
