package dev.spillway.batch.execution.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.task.TaskOutline.After;
import dev.spillway.batch.execution.task.TaskOutline.Condition;
import dev.spillway.batch.execution.task.TaskOutline.Container;
import dev.spillway.batch.execution.task.TaskProgress.Step;
import dev.spillway.batch.job.ContainerEnd;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TaskProgressTest {
  private static final Instant T0 = Instant.parse("2026-11-26T00:00:00Z");
  private static final AttemptId ID = new AttemptId("job", 1);

  private final List<String> heard = new ArrayList<>();
  private TaskProgress progress;

  private static Container container(String name, boolean essential, After... after) {
    return new Container(
        ID.container(OptionalInt.empty(), Optional.of(name)),
        0,
        Optional.of(name),
        essential,
        List.of(after),
        Optional.empty(),
        Optional.empty(),
        Path.of("log"));
  }

  private static Container node(int index) {
    return new Container(
        ID.container(OptionalInt.of(index), Optional.empty()),
        index,
        Optional.empty(),
        true,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Path.of("log"));
  }

  private void task(int mainNode, Container... containers) {
    progress = new TaskProgress(new TaskOutline(ID, mainNode, List.of(containers)));
    hear(progress.begin(T0));
  }

  private void hear(List<Step> steps) {
    for (Step step : steps) {
      heard.add(
          switch (step) {
            case Step.Start(Container c) -> "start " + c.unit().jobId();
            case Step.Stop(Container c) -> "stop " + c.unit().jobId();
            case Step.Tell(ExecutionEvent event) ->
                switch (event) {
                  case ExecutionEvent.Started _ -> "up";
                  case ExecutionEvent.Exited e ->
                      "exited "
                          + (e.exitCode().isPresent() ? e.exitCode().getAsInt() : "?")
                          + e.reason().map(r -> " " + r).orElse("");
                  case ExecutionEvent.StartFailed e -> "not started: " + e.reason();
                  case ExecutionEvent.Lost _ -> "lost";
                };
          });
    }
  }

  private void up(String unit) {
    hear(progress.seen(new ExecutionEvent.Started(new AttemptId(unit, 1), "h", T0), T0));
  }

  private void exits(String unit, int code) {
    hear(
        progress.seen(
            new ExecutionEvent.Exited(
                new AttemptId(unit, 1), OptionalInt.of(code), Optional.empty(), T0),
            T0));
  }

  private void fails(String unit, String reason) {
    hear(progress.seen(new ExecutionEvent.StartFailed(new AttemptId(unit, 1), reason, T0), T0));
  }

  private List<String> heard() {
    List<String> all = List.copyOf(heard);
    heard.clear();
    return all;
  }

  @Test
  void containers_that_wait_for_nothing_start_together_and_the_essential_one_ends_the_others() {
    task(0, container("main", true), container("side", false));
    assertThat(heard()).containsExactly("start job/main", "start job/side");
    up("job/side");
    up("job/main");
    assertThat(heard()).containsExactly("up");
    exits("job/main", 3);
    assertThat(heard()).containsExactly("stop job/side");
    exits("job/side", 143);
    assertThat(heard()).containsExactly("exited 3");
  }

  @Test
  void a_container_that_is_not_essential_may_fail() {
    task(0, container("main", true), container("side", false));
    up("job/main");
    fails("job/side", "CannotStartContainerError: no");
    heard();
    exits("job/main", 0);
    assertThat(heard()).containsExactly("exited 0");
  }

  @Test
  void each_condition_of_a_dependency_is_waited_for() {
    task(
        0,
        container("started", false),
        container("over", false),
        container("well", false),
        container(
            "main",
            true,
            new After("started", Condition.START),
            new After("over", Condition.COMPLETE),
            new After("well", Condition.SUCCESS)));
    assertThat(heard()).doesNotContain("start job/main");
    up("job/started");
    up("job/over");
    up("job/well");
    exits("job/over", 7);
    assertThat(heard()).containsExactly("up");
    exits("job/well", 0);
    assertThat(heard()).containsExactly("start job/main");
  }

  @Test
  void a_dependency_that_cannot_be_met_any_more_fails_the_attempt() {
    task(
        0,
        container("first", false),
        container("main", true, new After("first", Condition.SUCCESS)));
    up("job/first");
    heard();
    exits("job/first", 9);
    assertThat(heard())
        .containsExactly(
            "exited ? CannotStartContainerError: dependsOn first SUCCESS: that container ended with"
                + " exit code 9");
  }

  @Test
  void who_waits_longer_than_its_startTimeout_fails() {
    Container late =
        new Container(
            ID.container(OptionalInt.empty(), Optional.of("main")),
            0,
            Optional.of("main"),
            true,
            List.of(new After("first", Condition.SUCCESS)),
            Optional.of(Duration.ofSeconds(5)),
            Optional.empty(),
            Path.of("log"));
    task(0, container("first", false), late);
    up("job/first");
    heard();
    assertThat(progress.nextDeadline()).hasValue(T0.plusSeconds(5));
    hear(progress.due(T0.plusSeconds(4)));
    assertThat(heard()).isEmpty();
    hear(progress.due(T0.plusSeconds(5)));
    assertThat(heard()).containsExactly("stop job/first");
    exits("job/first", 143);
    assertThat(heard().getFirst()).startsWith("exited ? CannotStartContainerError: ");
  }

  @Test
  void of_several_essential_containers_the_first_to_end_decides() {
    task(0, container("a", true), container("b", true));
    up("job/a");
    up("job/b");
    heard();
    exits("job/b", 0);
    assertThat(heard()).containsExactly("stop job/a");
    exits("job/a", 137);
    assertThat(heard()).containsExactly("exited 0");
  }

  @Test
  void the_main_node_comes_first_and_its_end_ends_the_others() {
    task(1, node(0), node(1), node(2));
    assertThat(heard()).containsExactly("start job#1");
    up("job#1");
    assertThat(heard()).containsExactly("up", "start job#0", "start job#2");
    up("job#0");
    up("job#2");
    exits("job#2", 5);
    assertThat(heard()).isEmpty();
    exits("job#1", 0);
    assertThat(heard()).containsExactly("stop job#0");
    hear(
        progress.seen(
            new ExecutionEvent.Exited(
                new AttemptId("job#0", 1), OptionalInt.of(143), Optional.empty(), T0),
            T0));
    assertThat(heard()).containsExactly("exited 0");
    assertThat(progress.view()).extracting(v -> v.exitCode().getAsInt()).containsExactly(143, 0, 5);
  }

  @Test
  void the_end_tells_of_every_container() {
    task(0, container("main", true), container("never", false, new After("main", Condition.START)));
    fails("job/main", "CannotPullContainerError: no");
    assertThat(heard())
        .containsExactly("start job/main", "not started: CannotPullContainerError: no");
    task(0, node(0), node(1));
    up("job#0");
    fails("job#1", "CannotPullContainerError: no");
    heard();
    List<Step> end =
        progress.seen(
            new ExecutionEvent.Exited(
                new AttemptId("job#0", 1), OptionalInt.of(0), Optional.empty(), T0),
            T0);
    assertThat(end)
        .singleElement()
        .isEqualTo(
            new Step.Tell(
                new ExecutionEvent.Exited(
                    ID,
                    OptionalInt.of(0),
                    Optional.empty(),
                    T0,
                    List.of(
                        new ContainerEnd(0, Optional.empty(), OptionalInt.of(0), Optional.empty()),
                        new ContainerEnd(
                            1,
                            Optional.empty(),
                            OptionalInt.empty(),
                            Optional.of("CannotPullContainerError: no"))))));
  }

  @Test
  void a_stop_reaches_all_and_starts_nothing_more() {
    task(0, node(0), node(1));
    hear(progress.stop(T0));
    assertThat(heard()).containsExactly("start job#0", "stop job#0");
    up("job#0");
    assertThat(heard()).containsExactly("up");
    exits("job#0", 143);
    assertThat(heard()).containsExactly("exited 143");
  }

  @Test
  void after_a_restart_what_was_found_goes_on_and_what_never_started_starts() {
    progress = new TaskProgress(new TaskOutline(ID, 0, List.of(node(0), node(1))));
    hear(progress.resume(List.of(new AttemptId("job#0", 1)), true, T0));
    up("job#0");
    assertThat(heard()).containsExactly("start job#1");
    exits("job#0", 0);
    assertThat(heard()).containsExactly("stop job#1");
  }

  @Test
  void after_a_restart_an_attempt_of_which_nothing_is_found_is_lost() {
    progress = new TaskProgress(new TaskOutline(ID, 0, List.of(node(0), node(1))));
    hear(progress.resume(List.of(), true, T0));
    assertThat(heard()).containsExactly("lost");
  }
}
