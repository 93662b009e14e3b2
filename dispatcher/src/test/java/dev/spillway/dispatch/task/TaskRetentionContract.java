package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every task store must do when tasks have been kept for long enough. */
interface TaskRetentionContract extends StoreUnderTest {
  @Test
  default void an_ended_task_loses_its_objects_and_then_goes_with_all_that_belongs_to_it() {
    Task task = resize(", 'idempotencyKey': 'k', 'tags': {'team': 'x'}");
    bench().functions.log = Optional.of("START");
    bench().functions.succeed(task.hopKey(1), '"' + "x".repeat(300_000) + '"');
    bench().settle();
    assertThat(bench().objects.content).hasSize(1);
    bench().objects.content.put("s3://spillway/mine.json", new byte[1]);
    forgetAfter(Duration.ofDays(29));
    assertThat(bench().objects.content).hasSize(2);
    forgetAfter(Duration.ofDays(2));
    assertThat(bench().objects.content).containsOnlyKeys("s3://spillway/mine.json");
    assertThat(store().find(task.taskId())).isPresent();
    forgetAfter(Duration.ofDays(58));
    assertThat(store().find(task.taskId())).isPresent();
    forgetAfter(Duration.ofDays(2));
    assertThat(store().find(task.taskId())).isEmpty();
    assertThat(store().byKey("k")).isEmpty();
    assertThat(store().payload(task.taskId())).isEmpty();
    assertThat(store().hopLog(task.taskId(), 1)).isEmpty();
    assertThat(resize(", 'idempotencyKey': 'k'").taskId()).isNotEqualTo(task.taskId());
  }

  @Test
  default void neither_an_unfinished_task_is_forgotten_nor_one_that_it_depends_on() {
    Task done = resize("");
    Task open = resize("");
    Task waiting =
        resize(
            ", 'dependsOn': [{'taskId': '%s'}, {'taskId': '%s'}]"
                .formatted(done.taskId(), open.taskId()));
    bench().functions.succeed(done.hopKey(1), "1");
    bench().settle();
    forgetAfter(Duration.ofDays(365));
    assertThat(store().find(done.taskId())).isPresent();
    assertThat(store().find(open.taskId())).isPresent();
    bench().functions.succeed(open.hopKey(1), "1");
    bench().settle();
    bench().functions.succeed(waiting.hopKey(1), "1");
    bench().settle();
    forgetAfter(Duration.ofDays(1));
    assertThat(store().find(done.taskId())).isEmpty();
    assertThat(store().find(waiting.taskId())).isPresent();
    forgetAfter(Duration.ofDays(90));
    assertThat(store().find(waiting.taskId())).isEmpty();
    assertThat(store().dependents(done.taskId())).isEmpty();
  }

  @Test
  default void more_than_one_bite_is_forgotten_in_turn() {
    for (int i = 0; i < TaskRetention.BITE + 5; i++) {
      bench().functions.succeed(resize("").hopKey(1), "1");
    }
    bench().settle();
    forgetAfter(Duration.ofDays(91));
    assertThat(store().list(TaskStore.Filter.ALL, Optional.empty(), 1000).tasks()).isEmpty();
  }

  private void forgetAfter(Duration time) {
    bench().clock.plusSeconds(time.toSeconds());
    bench().runner.poll();
    bench().settle();
  }
}
