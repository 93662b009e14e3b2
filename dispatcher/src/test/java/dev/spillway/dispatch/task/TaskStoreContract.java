package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every task store must do, the double included. */
abstract class TaskStoreContract
    implements TaskListingContract,
        TaskRetentionContract,
        TaskWritersContract,
        StoredArraysContract {
  TaskStore store;

  Bench bench;

  abstract TaskStore open();

  @Override
  public TaskStore store() {
    return store;
  }

  @Override
  public Bench bench() {
    return bench;
  }

  @BeforeEach
  void start() {
    store = open();
    bench = new Bench(store);
  }

  @AfterEach
  void stop() {
    store.close();
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
    Task one = StoredTasks.ended(bench.now(task));
    assertThat(store.replace(one, Optional.empty())).isTrue();
    assertThat(store.replace(one, Optional.empty())).isFalse();
    assertThat(bench.now(task).status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void the_number_of_an_end_is_never_used_again() {
    assertThat(store.replace(StoredTasks.ended(bench.now(resize(""))), Optional.empty())).isTrue();
    long first = store.ended(10).getFirst().sequence();
    store.told(first);
    TaskStore other = another();
    assertThat(other.replace(StoredTasks.ended(bench.now(resize(""))), Optional.empty())).isTrue();
    assertThat(other.ended(10))
        .singleElement()
        .satisfies(e -> assertThat(e.sequence()).isGreaterThan(first));
  }

  @Test
  void an_end_is_noted_once_though_the_task_changes_afterwards() {
    Task done = StoredTasks.ended(bench.now(resize("")));
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
    Task other = StoredTasks.other(first, "bbbbbbbb-0000-4000-8000-000000000000");
    Task free = StoredTasks.other(resize(""), other.taskId());
    TaskStore.Submitted answer =
        store.submit(
            List.of(
                new TaskStore.NewTask(free, Optional.empty(), "h", List.of()),
                new TaskStore.NewTask(
                    StoredTasks.other(first, "cccccccc-0000-4000-8000-000000000000"),
                    Optional.empty(),
                    "h",
                    List.of())));
    assertThat(answer).isEqualTo(new TaskStore.Submitted.KeyTaken("k1"));
    assertThat(store.find(free.taskId())).isEmpty();
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
    assertThat(store.replace(StoredTasks.failed(bench.now(first)), Optional.empty())).isTrue();
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
  void the_log_of_a_hop_is_kept_with_its_end() {
    Task task = resize("");
    bench.functions.log = Optional.of("START\nEND\n");
    bench.functions.succeed(task.hopKey(1), "1");
    bench.settle();
    assertThat(store.hopLog(task.taskId(), 1)).contains("START\nEND\n");
    assertThat(store.hopLog(task.taskId(), 2)).isEmpty();
  }
}
