package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every task store must do with lists and beginnings of ids. */
interface TaskListingContract extends StoreUnderTest {
  @Test
  default void lists_come_newest_first_in_pages() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.addFirst(resize("").taskId());
    }
    List<String> seen = new ArrayList<>();
    Optional<String> token = Optional.empty();
    int pages = 0;
    do {
      TaskStore.Page page = store().list(TaskStore.Filter.ALL, token, 2);
      page.tasks().forEach(t -> seen.add(t.taskId()));
      token = page.nextToken();
      pages++;
    } while (token.isPresent());
    assertThat(seen).isEqualTo(ids);
    assertThat(pages).isEqualTo(3);
    assertThatThrownBy(() -> store().list(TaskStore.Filter.ALL, Optional.of("nonsense"), 2))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  default void lists_are_filtered_by_status_workload_route_tags_and_time() {
    Task tagged = resize(", 'tags': {'team': 'x', 'env': 'prod'}");
    bench().clock.plusSeconds(10);
    Task feed =
        bench().submit("{'workload': 'feed', 'payload': {'shop': 'acme'}, 'tags': {'team': 'x'}}");
    Task done = resize("");
    bench().functions.succeed(done.hopKey(1), "1");
    bench().settle();
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
  default void a_filtered_list_comes_in_pages_in_the_order_of_creation() {
    List<String> inX = new ArrayList<>();
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Task task = resize(i % 3 == 0 ? "" : ", 'tags': {'team': 'x'}");
      all.addFirst(task.taskId());
      if (i % 3 != 0) {
        inX.addFirst(task.taskId());
      }
      if (i % 2 == 0) {
        assertThat(store().replace(StoredTasks.ended(bench().now(task)), Optional.empty()))
            .isTrue();
        bench().clock.plusSeconds(1);
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
      TaskStore.Page page = store().list(filter, token, 2);
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
    return store().list(filter, Optional.empty(), 100).tasks().stream().map(Task::taskId).toList();
  }

  @Test
  default void ids_are_found_by_their_beginning() {
    Task task = resize("");
    assertThat(store().startingWith(task.taskId().substring(0, 8), 2))
        .containsExactly(task.taskId());
    assertThat(store().startingWith("ffffffff", 2)).isEmpty();
  }
}
