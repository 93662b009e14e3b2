package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every task store must do, the double included. */
abstract class TaskStoreContract {
  TaskStore store;
  Bench bench;

  abstract TaskStore open();

  @BeforeEach
  void start() {
    store = open();
    bench = new Bench(store);
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private Task resize(String more) {
    return bench.submit("{'workload': 'resize', 'payload': {'n': 1}" + more + "}");
  }

  @Test
  void a_stored_task_reads_back_equal() {
    Task task =
        resize(
            ", 'name': 'a', 'memory': '512 MiB', 'tags': {'team': 'x'}, 'retryStrategy':"
                + " {'attempts': 2, 'evaluateOnExit': [{'onErrorType': 'Busy*', 'action': 'RETRY'}]}");
    bench.functions.fail(task.hopKey(1), "java.lang.OutOfMemoryError", "heap");
    bench.settle();
    Task now = bench.now(task);
    assertThat(now.document())
        .usingRecursiveComparison()
        .ignoringFields("payload")
        .isEqualTo(task.document());
    assertThat(now.plan()).isEqualTo(task.plan());
    assertThat(now.orders()).isEqualTo(task.orders());
    assertThat(now.target()).isEqualTo(task.target());
    assertThat(now.createdAt()).isEqualTo(task.createdAt());
    assertThat(now.journey().hops()).hasSize(2);
    assertThat(now.journey().hops().getLast().memoryMib()).isEqualTo(1024);
    assertThat(store.payload(task.taskId())).contains("{\"n\":1}".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void a_change_on_an_old_version_is_refused() {
    Task task = resize("");
    Task one =
        bench
            .now(task)
            .moved(
                Fallback.step(
                        task.orders(),
                        bench.now(task).journey(),
                        new JourneyEvent.CancelAsked("enough"),
                        Bench.SETTINGS.fallback(),
                        Doubles.START)
                    .journey(),
                Optional.empty());
    assertThat(store.replace(one, Optional.empty())).isTrue();
    assertThat(store.replace(one, Optional.empty())).isFalse();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void only_one_of_many_concurrent_changes_wins() throws Exception {
    Task task = bench.now(resize(""));
    int threads = 8;
    var wins = new AtomicInteger();
    var barrier = new CyclicBarrier(threads);
    try (var pool = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        pool.submit(
            () -> {
              barrier.await();
              if (store.replace(task.moved(task.journey(), Optional.empty()), Optional.empty())) {
                wins.incrementAndGet();
              }
              return null;
            });
      }
    }
    assertThat(wins).hasValue(1);
  }

  @Test
  void a_key_is_taken_once_and_takes_the_whole_submit_with_it() {
    Task first = resize(", 'idempotencyKey': 'k1'");
    assertThat(store.byKey("k1")).map(TaskStore.Keyed::taskId).contains(first.taskId());
    Task other = other(first, "bbbbbbbb-0000-4000-8000-000000000000");
    Task free = freed(other);
    TaskStore.Submitted answer =
        store.submit(
            List.of(
                new TaskStore.NewTask(free, Optional.empty(), "h", List.of()),
                new TaskStore.NewTask(
                    other(first, "cccccccc-0000-4000-8000-000000000000"),
                    Optional.empty(),
                    "h",
                    List.of())));
    assertThat(answer).isEqualTo(new TaskStore.Submitted.KeyTaken("k1"));
    assertThat(store.find(free.taskId())).isEmpty();
  }

  private static Task other(Task like, String id) {
    return new Task(
        id,
        1,
        like.createdAt(),
        like.document(),
        like.target(),
        like.plan(),
        like.orders(),
        like.journey(),
        Optional.empty());
  }

  private Task freed(Task task) {
    Task keyless = resize("");
    return other(keyless, task.taskId());
  }

  @Test
  void lists_come_newest_first_in_pages() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.addFirst(resize("").taskId());
    }
    List<String> seen = new ArrayList<>();
    Optional<String> token = Optional.empty();
    int pages = 0;
    do {
      TaskStore.Page page = store.list(TaskStore.Filter.ALL, token, 2);
      page.tasks().forEach(t -> seen.add(t.taskId()));
      token = page.nextToken();
      pages++;
    } while (token.isPresent());
    assertThat(seen).isEqualTo(ids);
    assertThat(pages).isEqualTo(3);
    assertThatThrownBy(() -> store.list(TaskStore.Filter.ALL, Optional.of("nonsense"), 2))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void lists_are_filtered_by_status_workload_route_tags_and_time() {
    Task tagged = resize(", 'tags': {'team': 'x', 'env': 'prod'}");
    bench.clock.plusSeconds(10);
    Task feed =
        bench.submit("{'workload': 'feed', 'payload': {'shop': 'acme'}, 'tags': {'team': 'x'}}");
    Task done = resize("");
    bench.functions.succeed(done.hopKey(1), "1");
    bench.settle();
    assertThat(ids(filter(List.of(TaskStatus.SUCCEEDED), null, null, Map.of())))
        .containsExactly(done.taskId());
    assertThat(ids(filter(List.of(), "feed", null, Map.of()))).containsExactly(feed.taskId());
    assertThat(ids(filter(List.of(), null, Route.BATCH_EC2, Map.of()))).isEmpty();
    assertThat(ids(filter(List.of(), null, Route.BATCH_SPOT, Map.of())))
        .containsExactly(feed.taskId());
    assertThat(ids(filter(List.of(), null, null, Map.of("team", "x"))))
        .containsExactly(feed.taskId(), tagged.taskId());
    assertThat(ids(filter(List.of(), null, null, Map.of("team", "x", "env", "prod"))))
        .containsExactly(tagged.taskId());
    assertThat(
            ids(
                new TaskStore.Filter(
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of(),
                    Optional.of(Doubles.START.plusSeconds(5)),
                    Optional.of(Doubles.START.plusSeconds(20)))))
        .containsExactly(done.taskId(), feed.taskId());
  }

  private static TaskStore.Filter filter(
      List<TaskStatus> statuses, String workload, Route route, Map<String, String> tags) {
    return new TaskStore.Filter(
        statuses,
        Optional.ofNullable(workload),
        Optional.ofNullable(route),
        tags,
        Optional.empty(),
        Optional.empty());
  }

  private List<String> ids(TaskStore.Filter filter) {
    return store.list(filter, Optional.empty(), 100).tasks().stream().map(Task::taskId).toList();
  }

  @Test
  void wake_ups_are_kept_until_they_are_due() {
    Task task = resize("");
    assertThat(store.nextDue()).isEmpty();
    bench.functions.refuse(task.hopKey(1), 429, "TooManyRequestsException", "Rate Exceeded.");
    bench.settle();
    Instant at = Doubles.START.plusSeconds(1);
    assertThat(store.nextDue()).contains(at);
    assertThat(store.due(at.minusMillis(1), 10)).isEmpty();
    assertThat(store.due(at, 10)).containsExactly(task.taskId());
  }

  @Test
  void live_tasks_are_those_with_something_in_a_place() {
    Task running = resize("");
    Task done = resize("");
    bench.functions.succeed(done.hopKey(1), "1");
    bench.settle();
    assertThat(store.live()).containsExactly(running.taskId());
  }

  @Test
  void an_end_is_noted_for_dependents_until_they_are_told() {
    Task first = resize("");
    Task second = resize(", 'dependsOn': [{'taskId': '" + first.taskId() + "'}]");
    assertThat(store.dependents(first.taskId())).containsExactly(second.taskId());
    Task now = bench.now(first);
    Task failed =
        now.moved(
            Fallback.step(
                    now.orders(),
                    now.journey(),
                    new JourneyEvent.HopFailed(1, Failure.ofFunction("Boom", "x"), List.of()),
                    Bench.SETTINGS.fallback(),
                    Doubles.START)
                .journey(),
            Optional.empty());
    assertThat(store.replace(failed, Optional.empty())).isTrue();
    assertThat(store.ended(10))
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.taskId()).isEqualTo(first.taskId());
              assertThat(e.succeeded()).isFalse();
            });
    store.told(store.ended(10).getFirst().sequence());
    assertThat(store.ended(10)).isEmpty();
  }

  @Test
  void an_ended_task_loses_its_objects_and_then_goes_with_all_that_belongs_to_it() {
    Task task = resize(", 'idempotencyKey': 'k', 'tags': {'team': 'x'}");
    bench.functions.log = Optional.of("START");
    bench.functions.succeed(task.hopKey(1), '"' + "x".repeat(300_000) + '"');
    bench.settle();
    assertThat(bench.objects.content).hasSize(1);
    bench.objects.content.put("s3://spillway/mine.json", new byte[1]);
    forgetAfter(Duration.ofDays(29));
    assertThat(bench.objects.content).hasSize(2);
    forgetAfter(Duration.ofDays(2));
    assertThat(bench.objects.content).containsOnlyKeys("s3://spillway/mine.json");
    assertThat(store.find(task.taskId())).isPresent();
    forgetAfter(Duration.ofDays(58));
    assertThat(store.find(task.taskId())).isPresent();
    forgetAfter(Duration.ofDays(2));
    assertThat(store.find(task.taskId())).isEmpty();
    assertThat(store.byKey("k")).isEmpty();
    assertThat(store.payload(task.taskId())).isEmpty();
    assertThat(store.hopLog(task.taskId(), 1)).isEmpty();
    assertThat(resize(", 'idempotencyKey': 'k'").taskId()).isNotEqualTo(task.taskId());
  }

  @Test
  void neither_an_unfinished_task_is_forgotten_nor_one_that_it_depends_on() {
    Task done = resize("");
    Task open = resize("");
    Task waiting =
        resize(
            ", 'dependsOn': [{'taskId': '%s'}, {'taskId': '%s'}]"
                .formatted(done.taskId(), open.taskId()));
    bench.functions.succeed(done.hopKey(1), "1");
    bench.settle();
    forgetAfter(Duration.ofDays(365));
    assertThat(store.find(done.taskId())).isPresent();
    assertThat(store.find(open.taskId())).isPresent();
    bench.functions.succeed(open.hopKey(1), "1");
    bench.settle();
    bench.functions.succeed(waiting.hopKey(1), "1");
    bench.settle();
    forgetAfter(Duration.ofDays(1));
    assertThat(store.find(done.taskId())).isEmpty();
    assertThat(store.find(waiting.taskId())).isPresent();
    forgetAfter(Duration.ofDays(90));
    assertThat(store.find(waiting.taskId())).isEmpty();
    assertThat(store.dependents(done.taskId())).isEmpty();
  }

  @Test
  void more_than_one_bite_is_forgotten_in_turn() {
    for (int i = 0; i < TaskRetention.BITE + 5; i++) {
      bench.functions.succeed(resize("").hopKey(1), "1");
    }
    bench.settle();
    forgetAfter(Duration.ofDays(91));
    assertThat(store.list(TaskStore.Filter.ALL, Optional.empty(), 1000).tasks()).isEmpty();
  }

  private void forgetAfter(Duration time) {
    bench.clock.plusSeconds(time.toSeconds());
    bench.runner.poll();
    bench.settle();
  }

  @Test
  void ids_are_found_by_their_beginning() {
    Task task = resize("");
    assertThat(store.startingWith(task.taskId().substring(0, 8), 2)).containsExactly(task.taskId());
    assertThat(store.startingWith("ffffffff", 2)).isEmpty();
  }

  @Test
  void the_log_of_a_hop_is_kept_with_its_end() {
    Task task = resize("");
    bench.functions.log = Optional.of("START\nEND\n");
    bench.functions.succeed(task.hopKey(1), "1");
    bench.settle();
    assertThat(store.hopLog(task.taskId(), 1)).contains("START\nEND\n");
    assertThat(store.hopLog(task.taskId(), 2)).isEmpty();
  }
}
