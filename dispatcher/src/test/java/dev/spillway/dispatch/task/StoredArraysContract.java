package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.ArrayEvent;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.ArrayStep;
import dev.spillway.dispatch.fallback.ArraySteps;
import dev.spillway.dispatch.fallback.ChildEnd;
import dev.spillway.dispatch.fallback.ChildEnds;
import dev.spillway.dispatch.fallback.Spent;
import dev.spillway.dispatch.fallback.TaskStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every task store must do with arrays and their children. */
interface StoredArraysContract extends StoreUnderTest {
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
            ArraySteps.step(
                    ArraySteps.begin(List.of(), like.createdAt()),
                    ArrayState.begin(
                        4,
                        new ArrayState.Waits(List.of("other"), true),
                        Optional.of("earlier"),
                        ChildEnds.NONE.with(Map.of(1, true, 2, false))),
                    new ArrayEvent.ChildrenEnded(
                        Map.of(3, new ChildEnd(true, new Spent(0.5, 0.25)))),
                    like.createdAt())
                .array()));
  }

  private List<TaskStore.NewTask> childrenOf(String id, Task like, int many) {
    return IntStream.range(0, many)
        .mapToObj(
            i ->
                new TaskStore.NewTask(
                    StoredTasks.other(like, Task.childId(id, i)), Optional.empty(), "", List.of()))
        .toList();
  }

  @Test
  default void an_array_and_its_children_are_stored_together_or_not_at_all() {
    Task like = bench().now(resize(", 'tags': {'team': 'x'}"));
    String id = "dddddddd-0000-4000-8000-000000000000";
    Task parent = array(id, like);
    store().submit(List.of(new TaskStore.NewTask(parent, Optional.empty(), "h", List.of())));
    assertThat(store().find(id)).contains(parent);
    Task next = parent.moved(parent.journey(), parent.array().orElseThrow());
    assertThat(store().make(next, childrenOf(id, like, 3))).isTrue();
    assertThat(store().make(next, childrenOf(id, like, 3))).as("an old version").isFalse();
    assertThat(store().childCounts(id)).isEqualTo(Map.of(like.status(), 3));
    TaskStore.Page first = store().children(id, List.of(like.status()), Optional.empty(), 2);
    assertThat(first.tasks()).extracting(Task::taskId).containsExactly(id + ":0", id + ":1");
    assertThat(store().children(id, List.of(), first.nextToken(), 2).tasks())
        .extracting(Task::taskId)
        .containsExactly(id + ":2");
    assertThat(store().children(id, List.of(TaskStatus.FAILED), Optional.empty(), 2).tasks())
        .isEmpty();
    assertThat(store().list(TaskStore.Filter.ALL, Optional.empty(), 10).tasks())
        .extracting(Task::taskId)
        .containsExactlyInAnyOrder(id, like.taskId());
    assertThat(store().startingWith("dddddddd", 2)).containsExactly(id);
  }

  @Test
  default void a_child_is_kept_as_long_as_its_array_has_not_ended() {
    Task like = bench().now(resize(""));
    String id = "dddddddd-0000-4000-8000-000000000000";
    Task parent = array(id, like);
    store().submit(List.of(new TaskStore.NewTask(parent, Optional.empty(), "h", List.of())));
    Task next = parent.moved(parent.journey(), parent.array().orElseThrow());
    assertThat(store().make(next, childrenOf(id, like, 1))).isTrue();
    Task child = store().find(id + ":0").orElseThrow();
    assertThat(store().replace(StoredTasks.failed(child), Optional.empty())).isTrue();
    Instant later = Doubles.START.plusSeconds(3600);
    assertThat(store().withObjects(later, 10)).isEmpty();
    ArrayStep stopped =
        ArraySteps.step(
            next.journey(),
            next.array().orElseThrow(),
            new ArrayEvent.StopAsked("enough"),
            Doubles.START);
    assertThat(store().replace(next.moved(stopped.journey(), stopped.array()), Optional.empty()))
        .isTrue();
    assertThat(store().withObjects(later, 10)).extracting(Task::taskId).contains(id + ":0", id);
  }
}
