package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every task store must do when many write at once, in one dispatcher or two. */
interface TaskWritersContract extends StoreUnderTest {
  @Test
  default void only_one_of_many_concurrent_changes_wins() throws Exception {
    Task task = bench().now(resize(""));
    int threads = 8;
    var wins = new AtomicInteger();
    var barrier = new CyclicBarrier(threads);
    try (var pool = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        pool.submit(
            () -> {
              barrier.await();
              if (store().replace(task.moved(task.journey(), Optional.empty()), Optional.empty())) {
                wins.incrementAndGet();
              }
              return null;
            });
      }
    }
    assertThat(wins).hasValue(1);
  }

  @Test
  default void two_dispatchers_lose_no_change_and_make_none_twice() throws Exception {
    List<String> ids = List.of(resize("").taskId(), resize("").taskId(), resize("").taskId());
    int threads = 8;
    int changes = 25;
    long before = store().find(ids.getFirst()).orElseThrow().version();
    TaskStore other = another();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        TaskStore mine = i % 2 == 0 ? store() : other;
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
  default void one_of_two_dispatchers_gets_a_key() throws Exception {
    Task like = resize("");
    TaskStore other = another();
    int keys = 50;
    var stored = new AtomicInteger();
    var barrier = new CyclicBarrier(2);
    try (var pool = Executors.newFixedThreadPool(2)) {
      List<Future<?>> running = new ArrayList<>();
      for (TaskStore mine : List.of(store(), other)) {
        String half = mine == store() ? "a" : "b";
        running.add(
            pool.submit(
                () -> {
                  barrier.await();
                  for (int i = 0; i < keys; i++) {
                    Task task = StoredTasks.keyed(like, half + i, "shared-" + i);
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

  @Test
  default void whoever_has_seen_an_end_never_sees_an_earlier_one_for_the_first_time()
      throws Exception {
    int each = 40;
    int threads = 6;
    List<List<Task>> shares = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      List<Task> share = new ArrayList<>();
      for (int n = 0; n < each; n++) {
        share.add(bench().now(resize("")));
      }
      shares.add(share);
    }
    TaskStore other = another();
    Set<Long> seen = new TreeSet<>();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        TaskStore mine = i % 2 == 0 ? store() : other;
        List<Task> share = shares.get(i);
        running.add(
            pool.submit(
                () ->
                    share.forEach(
                        task ->
                            assertThat(mine.replace(StoredTasks.ended(task), Optional.empty()))
                                .isTrue())));
      }
      long cursor = 0;
      boolean over;
      do {
        over = running.stream().allMatch(Future::isDone);
        for (TaskStore.Ended end : store().ended(10_000)) {
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
}
