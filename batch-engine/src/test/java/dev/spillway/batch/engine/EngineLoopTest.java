package dev.spillway.batch.engine;

import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.batch.job.Size;
import dev.spillway.batch.testkit.Fixtures;
import dev.spillway.batch.testkit.InMemoryJournal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineLoopTest {
  private final InMemoryJournal journal = new InMemoryJournal();
  private final Engine engine = new Engine(limits(4, 4096), journal.load());
  private final EngineView view = new EngineView(journal.load(), Size.NONE);
  private final List<OutboxEvent> told = new CopyOnWriteArrayList<>();
  private final List<Effect> effects = new CopyOnWriteArrayList<>();
  private final AtomicInteger fatal = new AtomicInteger();
  private final EngineCycle cycle =
      new EngineCycle(
          engine,
          journal,
          view,
          InstantSource.system(),
          new EngineCycle.Outlets(told::addAll, effects::add));
  private final EngineLoop loop =
      new EngineLoop(engine, cycle, InstantSource.system(), fatal::incrementAndGet);

  @AfterEach
  void stop() {
    loop.stop();
  }

  private void ready() {
    loop.start();
    loop.ask(new Command.CreateComputeEnvironment(environment("ce", 4))).join();
    loop.ask(new Command.CreateJobQueue(queue("q", 1, "ce"))).join();
  }

  private static Command submit(String id) {
    return Fixtures.submit(aJob(id).build());
  }

  @Test
  void an_answer_means_that_it_is_stored_and_seen() {
    ready();
    assertThat(loop.ask(submit("1")).join()).isEqualTo(new Outcome.Submitted("1", "name-1"));
    assertThat(journal.find(List.of("1"))).hasSize(1);
    assertThat(view.job("1")).isPresent();
    await()
        .untilAsserted(
            () ->
                assertThat(told)
                    .hasOnlyElementsOfType(OutboxEvent.JobStateChange.class)
                    .extracting(e -> ((OutboxEvent.JobStateChange) e).jobId())
                    .contains("1"));
    await().until(() -> effects.stream().anyMatch(Effect.Start.class::isInstance));
  }

  @Test
  void commands_that_wait_share_a_transaction() {
    List<CompletableFuture<Outcome>> replies = new ArrayList<>();
    ready();
    for (int i = 0; i < 2_000; i++) {
      replies.add(loop.ask(submit("job" + i)));
    }
    CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new)).join();
    assertThat(journal.jobs()).hasSize(2_000);
    assertThat(engine.version()).isLessThan(1_000);
  }

  @Test
  void a_failed_commit_ends_the_loop_and_nobody_waits_for_ever() {
    ready();
    journal.failNext(InMemoryJournal.Failure.NOTHING_WRITTEN);
    assertThatThrownBy(() -> loop.ask(submit("1")).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(EngineBusyException.class);
    await().until(() -> fatal.get() == 1);
    assertThat(loop.running()).isFalse();
    assertThat(view.job("1")).isEmpty();
    assertThat(effects).isEmpty();
    assertThatThrownBy(() -> loop.ask(submit("2")))
        .isInstanceOf(EngineBusyException.class)
        .hasMessageContaining("not running");
  }

  @Test
  void stop_answers_what_waits_and_then_takes_no_more() {
    ready();
    var reply = loop.ask(submit("1"));
    loop.stop();
    assertThat(reply.join()).isEqualTo(new Outcome.Submitted("1", "name-1"));
    assertThatThrownBy(() -> loop.ask(submit("2"))).isInstanceOf(EngineBusyException.class);
    assertThat(fatal).hasValue(0);
  }

  @Test
  void too_many_commands_are_refused() {
    var gate = new CompletableFuture<Void>();
    var slow =
        new EngineCycle(
            engine,
            journal,
            view,
            InstantSource.system(),
            new EngineCycle.Outlets(_ -> gate.join(), _ -> {}));
    var busy = new EngineLoop(engine, slow, InstantSource.system(), fatal::incrementAndGet);
    busy.start();
    busy.ask(new Command.CreateComputeEnvironment(environment("ce", 4))).join();
    busy.ask(new Command.CreateJobQueue(queue("q", 1, "ce"))).join();
    busy.ask(submit("holds")).join(); // answered before its outlet, which now holds the thread
    try {
      for (int i = 0; i < EngineLoop.INBOX; i++) {
        busy.ask(new Command.CancelJob("none", "x"));
      }
      assertThatThrownBy(() -> busy.ask(submit("over")))
          .isInstanceOfSatisfying(
              EngineBusyException.class, e -> assertThat(e.overloaded()).isTrue());
    } finally {
      gate.complete(null);
      busy.stop();
    }
  }
}
