package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.dispatch.fallback.ArrayEvent;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArrayStep;
import dev.spillway.dispatch.fallback.ArraySteps;
import dev.spillway.dispatch.fallback.ChildEnds;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every task store must do, the double included. */
abstract class TaskStoreContract {
  TaskStore store;
  Bench bench;

  abstract TaskStore open();

  /** The same store as another dispatcher has it. */
  abstract TaskStore another();

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
    Task one = ended(bench.now(task));
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
  void two_dispatchers_lose_no_change_and_make_none_twice() throws Exception {
    List<String> ids = List.of(resize("").taskId(), resize("").taskId(), resize("").taskId());
    int threads = 8;
    int changes = 25;
    long before = store.find(ids.getFirst()).orElseThrow().version();
    TaskStore other = another();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        TaskStore mine = i % 2 == 0 ? store : other;
        // Half of them in the opposite order: what two transactions hold must not lock both out.
        List<String> order = i % 4 < 2 ? ids : ids.reversed();
        running.add(
            pool.submit(
                () -> {
                  for (int change = 0; change < changes; change++) {
                    order.forEach(id -> change(mine, id));
                  }
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(ids)
        .allSatisfy(
            id ->
                assertThat(other.find(id).orElseThrow().version())
                    .isEqualTo(before + threads * changes));
  }

  private static void change(TaskStore store, String id) {
    Task task;
    do {
      task = store.find(id).orElseThrow();
    } while (!store.replace(task.moved(task.journey(), Optional.empty()), Optional.empty()));
  }

  @Test
  void one_of_two_dispatchers_gets_a_key() throws Exception {
    Task like = resize("");
    TaskStore other = another();
    int keys = 50;
    var stored = new AtomicInteger();
    var barrier = new CyclicBarrier(2);
    try (var pool = Executors.newFixedThreadPool(2)) {
      List<Future<?>> running = new ArrayList<>();
      for (TaskStore mine : List.of(store, other)) {
        String half = mine == store ? "a" : "b";
        running.add(
            pool.submit(
                () -> {
                  barrier.await();
                  for (int i = 0; i < keys; i++) {
                    Task task = keyed(like, half + i, "shared-" + i);
                    var created = new TaskStore.NewTask(task, Optional.empty(), "hash", List.of());
                    if (mine.submit(List.of(created)) instanceof TaskStore.Submitted.Stored) {
                      stored.incrementAndGet();
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(stored).hasValue(keys);
  }

  static Task keyed(Task like, String id, String key) {
    ObjectNode json = like.document().json().deepCopy();
    return new Task(
        id,
        1,
        like.createdAt(),
        DocumentRules.read(json.put("idempotencyKey", key), "", new ArrayList<>()),
        like.target(),
        like.plan(),
        like.orders(),
        like.journey(),
        Optional.empty());
  }

  @Test
  void whoever_has_seen_an_end_never_sees_an_earlier_one_for_the_first_time() throws Exception {
    int each = 40;
    int threads = 6;
    List<List<Task>> shares = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      List<Task> share = new ArrayList<>();
      for (int n = 0; n < each; n++) {
        share.add(bench.now(resize("")));
      }
      shares.add(share);
    }
    TaskStore other = another();
    Set<Long> seen = new TreeSet<>();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        TaskStore mine = i % 2 == 0 ? store : other;
        List<Task> share = shares.get(i);
        running.add(
            pool.submit(
                () ->
                    share.forEach(
                        task -> assertThat(mine.replace(ended(task), Optional.empty())).isTrue())));
      }
      long cursor = 0;
      boolean over;
      do {
        over = running.stream().allMatch(Future::isDone);
        for (TaskStore.Ended end : store.ended(10_000)) {
          if (end.sequence() > cursor) {
            cursor = end.sequence();
            seen.add(cursor);
          }
        }
      } while (!over);
      for (Future<?> one : running) {
        one.get();
      }
    }
    assertThat(seen).as("ends seen by who keeps only the highest number").hasSize(threads * each);
  }

  static Task failed(Task task) {
    return task.moved(
        Fallback.step(
                task.orders(),
                task.journey(),
                new JourneyEvent.HopFailed(1, Failure.ofFunction("Boom", "x"), List.of()),
                Bench.SETTINGS.fallback(),
                Doubles.START)
            .journey(),
        Optional.empty());
  }

  static Task ended(Task task) {
    return task.moved(
        Fallback.step(
                task.orders(),
                task.journey(),
                new JourneyEvent.CancelAsked("enough"),
                Bench.SETTINGS.fallback(),
                Doubles.START)
            .journey(),
        Optional.empty());
  }

  @Test
  void the_number_of_an_end_is_never_used_again() {
    assertThat(store.replace(ended(bench.now(resize(""))), Optional.empty())).isTrue();
    long first = store.ended(10).getFirst().sequence();
    store.told(first);
    TaskStore other = another();
    assertThat(other.replace(ended(bench.now(resize(""))), Optional.empty())).isTrue();
    assertThat(other.ended(10))
        .singleElement()
        .satisfies(e -> assertThat(e.sequence()).isGreaterThan(first));
  }

  @Test
  void an_end_is_noted_once_though_the_task_changes_afterwards() {
    Task done = ended(bench.now(resize("")));
    assertThat(store.replace(done, Optional.empty())).isTrue();
    assertThat(store.replace(done.moved(done.journey(), Optional.empty()), Optional.empty()))
        .isTrue();
    assertThat(store.ended(10)).hasSize(1);
    store.told(List.of(store.ended(10).getFirst().sequence(), 4711L));
    assertThat(store.ended(10)).isEmpty();
    store.told(List.of());
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

  @Test
  void a_filtered_list_comes_in_pages_in_the_order_of_creation() {
    List<String> inX = new ArrayList<>();
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Task task = resize(i % 3 == 0 ? "" : ", 'tags': {'team': 'x'}");
      all.addFirst(task.taskId());
      if (i % 3 != 0) {
        inX.addFirst(task.taskId());
      }
      if (i % 2 == 0) {
        assertThat(store.replace(ended(bench.now(task)), Optional.empty())).isTrue();
        bench.clock.plusSeconds(1);
      }
    }
    assertThat(
            pages(
                filter(
                    List.of(TaskStatus.RUNNING, TaskStatus.FAILED, TaskStatus.FAILED),
                    "resize",
                    null,
                    Map.of())))
        .isEqualTo(all);
    assertThat(pages(filter(List.of(), null, null, Map.of("team", "x")))).isEqualTo(inX);
    assertThat(
            pages(
                filter(
                    List.of(TaskStatus.FAILED, TaskStatus.RUNNING),
                    "resize",
                    Route.FUNCTION,
                    Map.of("team", "x"))))
        .isEqualTo(inX);
    assertThat(pages(filter(List.of(TaskStatus.FAILED), null, null, Map.of()))).hasSize(5);
  }

  private List<String> pages(TaskStore.Filter filter) {
    List<String> seen = new ArrayList<>();
    Optional<String> token = Optional.empty();
    do {
      TaskStore.Page page = store.list(filter, token, 2);
      page.tasks().forEach(t -> seen.add(t.taskId()));
      token = page.nextToken();
    } while (token.isPresent());
    return seen;
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
    assertThat(store.replace(failed(bench.now(first)), Optional.empty())).isTrue();
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

  private Task array(String id, Task like) {
    return new Task(
        id,
        1,
        like.createdAt(),
        like.document(),
        like.target(),
        like.plan(),
        like.orders(),
        ArraySteps.begin(List.of(), like.createdAt()),
        Optional.empty(),
        Optional.of(
            ArrayState.begin(
                3,
                new ArrayState.Waits(List.of("other"), true),
                ChildEnds.NONE.with(Map.of(1, true, 2, false)))));
  }

  private List<TaskStore.NewTask> childrenOf(String id, Task like, int many) {
    return IntStream.range(0, many)
        .mapToObj(
            i ->
                new TaskStore.NewTask(
                    other(like, Task.childId(id, i)), Optional.empty(), "", List.of()))
        .toList();
  }

  @Test
  void an_array_and_its_children_are_stored_together_or_not_at_all() {
    Task like = bench.now(resize(", 'tags': {'team': 'x'}"));
    String id = "dddddddd-0000-4000-8000-000000000000";
    Task parent = array(id, like);
    store.submit(List.of(new TaskStore.NewTask(parent, Optional.empty(), "h", List.of())));
    assertThat(store.find(id)).contains(parent);
    Task next = parent.moved(parent.journey(), parent.array().orElseThrow());
    assertThat(store.make(next, childrenOf(id, like, 3))).isTrue();
    assertThat(store.make(next, childrenOf(id, like, 3))).as("an old version").isFalse();
    assertThat(store.childCounts(id)).isEqualTo(Map.of(like.status(), 3));
    TaskStore.Page first = store.children(id, List.of(like.status()), Optional.empty(), 2);
    assertThat(first.tasks()).extracting(Task::taskId).containsExactly(id + ":0", id + ":1");
    assertThat(store.children(id, List.of(), first.nextToken(), 2).tasks())
        .extracting(Task::taskId)
        .containsExactly(id + ":2");
    assertThat(store.children(id, List.of(TaskStatus.FAILED), Optional.empty(), 2).tasks())
        .isEmpty();
    assertThat(store.list(TaskStore.Filter.ALL, Optional.empty(), 10).tasks())
        .extracting(Task::taskId)
        .containsExactlyInAnyOrder(id, like.taskId());
    assertThat(store.startingWith("dddddddd", 2)).containsExactly(id);
  }

  @Test
  void a_child_is_kept_as_long_as_its_array_has_not_ended() {
    Task like = bench.now(resize(""));
    String id = "dddddddd-0000-4000-8000-000000000000";
    Task parent = array(id, like);
    store.submit(List.of(new TaskStore.NewTask(parent, Optional.empty(), "h", List.of())));
    Task next = parent.moved(parent.journey(), parent.array().orElseThrow());
    assertThat(store.make(next, childrenOf(id, like, 1))).isTrue();
    Task child = store.find(id + ":0").orElseThrow();
    assertThat(store.replace(failed(child), Optional.empty())).isTrue();
    Instant later = Doubles.START.plusSeconds(3600);
    assertThat(store.withObjects(later, 10)).isEmpty();
    ArrayStep stopped =
        ArraySteps.step(
            next.journey(),
            next.array().orElseThrow(),
            new ArrayEvent.StopAsked("enough"),
            Doubles.START);
    assertThat(store.replace(next.moved(stopped.journey(), stopped.array()), Optional.empty()))
        .isTrue();
    assertThat(store.withObjects(later, 10)).extracting(Task::taskId).contains(id + ":0", id);
  }
}
