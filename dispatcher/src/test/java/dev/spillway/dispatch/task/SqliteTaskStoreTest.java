package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteTaskStoreTest extends TaskStoreContract {
  @TempDir Path folder;

  @Override
  TaskStore open() {
    return new SqliteTaskStore(folder.resolve("tasks.db"));
  }

  @Test
  void what_was_stored_is_there_after_it_is_opened_again() {
    Task task = bench.submit("{'workload': 'resize', 'payload': [1, 2.50]}");
    store.close();
    store = open();
    assertThat(store.find(task.taskId()))
        .map(Task::status)
        .contains(dev.spillway.dispatch.fallback.TaskStatus.RUNNING);
  }

  @Test
  void concurrent_submits_share_a_commit_and_none_is_lost() throws Exception {
    int many = 400;
    long begin = System.nanoTime();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < many; i++) {
        String document =
            "{'workload': 'resize', 'payload': {'n': "
                + i
                + "}, 'idempotencyKey': 'k"
                + i % 200
                + "'}";
        pool.submit(
            () ->
                bench.tasks.submit(
                    Doubles.json(document.replaceAll("'n': \\d+", "'n': 1")), Optional.empty()));
      }
    }
    System.out.printf(
        "%d concurrent submits: %d ms%n", many, (System.nanoTime() - begin) / 1_000_000);
    assertThat(store.list(TaskStore.Filter.ALL, Optional.empty(), 1000).tasks()).hasSize(200);
  }
}
