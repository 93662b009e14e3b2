package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two calls at once, each of 2 s; a job starts after a minute, as many as one likes. */
class BurstTest {
  private static final String HURRIED =
      "{'workload': 'resize', 'expectedDuration': 'PT2S', 'objective': 'speed'%s}";

  private final Bench bench = new Bench();

  @BeforeEach
  void two_places() {
    bench.functions.load = new Load(true, 0, 0, 1, 2);
  }

  private static String tasks(int many, String more) {
    return "{'tasks': ["
        + String.join(",", Collections.nCopies(many, HURRIED.formatted(more)))
        + "]}";
  }

  private static List<Route> first(List<Task> tasks) {
    return tasks.stream().map(task -> task.plan().routes().getFirst().route()).toList();
  }

  @Test
  void tasks_that_are_sent_together_know_of_those_before_them() {
    List<Task> tasks = bench.submitAll(tasks(200, ""));
    List<Route> routes = first(tasks);
    int calls = (int) routes.stream().filter(Route.FUNCTION::equals).count();
    assertThat(calls).as("a minute's calls, two at once").isBetween(20, 150);
    assertThat(routes.subList(0, calls)).containsOnly(Route.FUNCTION);
    RoutePlan.Line line = tasks.get(calls - 1).plan().routes().getFirst().line().orElseThrow();
    assertThat(line.before()).isEqualTo(calls - 1);
    assertThat(line.waitSeconds()).isBetween((calls - 4) * 1.0, calls * 3.0);
  }

  @Test
  void a_dry_run_says_what_the_submit_would_do() {
    List<Route> planned =
        bench.requests.plan(Doubles.json(tasks(200, ""))).tasks().stream()
            .map(p -> p.plan().routes().getFirst().route())
            .toList();
    assertThat(planned).isEqualTo(first(bench.submitAll(tasks(200, ""))));
  }

  @Test
  void those_that_wait_for_others_are_not_sent_with_them() {
    String before = bench.submit(HURRIED.formatted("")).taskId();
    assertThat(first(bench.submitAll(tasks(200, ", 'dependsOn': [{'taskId': '" + before + "'}]"))))
        .containsOnly(Route.FUNCTION);
  }

  @Test
  void an_array_is_planned_for_its_last_child() {
    bench.submit(HURRIED.formatted(", 'arrayProperties': {'size': 4}"));
    assertThat(bench.functions.started).hasSize(4);
    bench.submit(HURRIED.formatted(", 'arrayProperties': {'size': 400}"));
    assertThat(bench.functions.started).hasSize(4);
    assertThat(bench.batch.starts).isNotEmpty();
  }
}
