package dev.spillway.dispatch.fallback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.fallback.ArrayState.ChildPlan;
import dev.spillway.dispatch.fallback.ArrayState.Work;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrayStepsTest {
  private static final Instant NOW = Instant.parse("2026-11-21T02:00:04Z");

  private Journey journey = ArraySteps.begin(List.of(), NOW);
  private ArrayState array =
      ArrayState.begin(0, ArrayState.Waits.NONE, Optional.empty(), ChildEnds.NONE);

  private static ChildPlan to(Route route) {
    return new ChildPlan(
        new RoutePlan(
            List.of(
                new RoutePlan.Accepted(
                    route, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty())),
            List.of(),
            Optional.empty(),
            1),
        List.of(new Orders.Leg(route, 512, 512)));
  }

  private boolean happens(ArrayEvent event) {
    ArrayStep step = ArraySteps.step(journey, array, event, NOW);
    journey = step.journey();
    array = step.array();
    return step.ended();
  }

  private void planned(int size, int canary, Route route) {
    happens(new ArrayEvent.Planned(size, canary, Optional.empty(), to(route)));
  }

  private static Map<Integer, Boolean> all(int from, int to, boolean succeeded) {
    Map<Integer, Boolean> ends = new TreeMap<>();
    IntStream.range(from, to).forEach(i -> ends.put(i, succeeded));
    return ends;
  }

  private static ArrayEvent ended(Map<Integer, Boolean> how) {
    Map<Integer, ChildEnd> ends = new TreeMap<>();
    how.forEach((index, succeeded) -> ends.put(index, new ChildEnd(succeeded, Spent.NOTHING)));
    return new ArrayEvent.ChildrenEnded(ends);
  }

  private int made() {
    return array.next() instanceof Work.Make(var indices, _) ? indices.size() : 0;
  }

  @Test
  void an_array_is_planned_before_any_child_is_made() {
    assertThat(array.next()).isEqualTo(new Work.Plan());
    assertThat(journey.wakeAt()).contains(NOW);
    planned(20, 0, Route.FUNCTION);
    assertThat(journey.state().status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(made()).isEqualTo(20);
  }

  @Test
  void the_rest_is_planned_when_the_whole_canary_has_ended() {
    planned(20, 8, Route.FUNCTION);
    assertThat(array.next()).isEqualTo(new Work.Make(IntStream.range(0, 8).boxed().toList(), 8));
    happens(new ArrayEvent.Made(8));
    assertThat(array.next()).isEqualTo(new Work.Wait());
    assertThat(journey.wakeAt()).isEmpty();
    happens(ended(all(0, 7, true)));
    assertThat(array.next()).isEqualTo(new Work.Wait());
    happens(ended(Map.of(7, false)));
    assertThat(array.next()).isEqualTo(new Work.PlanRest());
    assertThat(journey.wakeAt()).contains(NOW);
    happens(new ArrayEvent.RestPlanned(to(Route.BATCH_SPOT)));
    assertThat(array.next()).isEqualTo(new Work.Make(IntStream.range(8, 20).boxed().toList(), 20));
    assertThat(ArrayStory.canary(array))
        .contains("canary: 8 of 8 done, so the rest goes to batch-spot");
  }

  @Test
  void no_more_children_are_made_than_can_soon_run() {
    planned(100_000, 0, Route.FUNCTION);
    int steps = 0;
    while (array.next() instanceof Work.Make(var indices, int upTo)) {
      assertThat(indices).hasSize(500);
      happens(new ArrayEvent.Made(upTo));
      steps++;
    }
    assertThat(array.made()).isEqualTo(ArrayState.AHEAD_ON_FUNCTION);
    assertThat(steps).isEqualTo(4);
    happens(ended(all(0, 50, true)));
    assertThat(array.next()).as("not for a handful").isEqualTo(new Work.Wait());
    happens(ended(all(50, 150, true)));
    assertThat(made()).isEqualTo(150);
  }

  @Test
  void it_succeeds_when_all_have() {
    planned(3, 0, Route.FUNCTION);
    happens(new ArrayEvent.Made(3));
    assertThat(happens(ended(all(0, 2, true)))).isFalse();
    assertThat(happens(ended(Map.of(2, true)))).isTrue();
    assertThat(journey.state().status()).isEqualTo(TaskStatus.SUCCEEDED);
    assertThat(journey.wakeAt()).isEmpty();
  }

  @Test
  void it_fails_when_one_has_but_not_before_all_have_ended() {
    planned(10, 0, Route.FUNCTION);
    happens(new ArrayEvent.Made(10));
    happens(ended(all(0, 5, false)));
    assertThat(journey.state().status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(happens(ended(all(5, 10, true)))).isTrue();
    assertThat(journey.state())
        .isEqualTo(new TaskState.Failed(NOW, "5 of 10 children failed; the first are 0, 1, 2."));
  }

  @Test
  void an_end_told_twice_counts_once_and_the_first_one_counts() {
    planned(3, 0, Route.FUNCTION);
    happens(new ArrayEvent.Made(3));
    happens(ended(Map.of(1, true)));
    ArrayState before = array;
    happens(ended(Map.of(1, true)));
    happens(ended(Map.of(1, false)));
    assertThat(array).isEqualTo(before);
    assertThat(array.ends().successes()).isOne();
  }

  @Test
  void one_that_is_stopped_makes_no_more_and_ends_with_the_last_that_was_there() {
    planned(10_000, 0, Route.FUNCTION);
    happens(new ArrayEvent.Made(500));
    happens(ended(all(0, 499, true)));
    happens(new ArrayEvent.StopAsked("enough"));
    assertThat(array.next()).isEqualTo(new Work.Stop("enough", List.of(499)));
    assertThat(journey.state().status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(happens(ended(Map.of(499, false)))).isTrue();
    assertThat(journey.state()).isEqualTo(new TaskState.Failed(NOW, "enough"));
  }

  @Test
  void one_that_is_stopped_too_late_for_any_child_has_succeeded() {
    planned(2, 0, Route.FUNCTION);
    happens(new ArrayEvent.Made(2));
    happens(ended(Map.of(0, true)));
    happens(new ArrayEvent.StopAsked("enough"));
    assertThat(happens(ended(Map.of(1, true)))).isTrue();
    assertThat(journey.state()).isEqualTo(new TaskState.Succeeded(NOW, 0));
  }

  @Test
  void one_that_is_stopped_before_it_has_children_ends_at_once() {
    assertThat(happens(new ArrayEvent.StopAsked("enough"))).isTrue();
    assertThat(journey.state()).isEqualTo(new TaskState.Failed(NOW, "enough"));
    assertThat(happens(new ArrayEvent.StopAsked("again"))).isFalse();
  }

  @Test
  void a_failed_dependency_fails_it_and_the_last_that_succeeds_wakes_it() {
    journey = ArraySteps.begin(List.of("a", "b"), NOW);
    happens(new ArrayEvent.DependenciesEnded(Map.of("a", true)));
    assertThat(journey.wakeAt()).as("it has not looked for b yet").contains(NOW);
    happens(new ArrayEvent.Looked());
    assertThat(journey.wakeAt()).isEmpty();
    happens(new ArrayEvent.DependenciesEnded(Map.of("b", true)));
    assertThat(journey.state().status()).isEqualTo(TaskStatus.RUNNABLE);
    assertThat(journey.wakeAt()).contains(NOW);
    journey = ArraySteps.begin(List.of("a"), NOW);
    assertThat(happens(new ArrayEvent.DependenciesEnded(Map.of("a", false)))).isTrue();
    assertThat(journey.state()).isEqualTo(new TaskState.Failed(NOW, "Dependent task failed: a"));
  }

  @Test
  void children_that_succeeded_in_an_earlier_run_are_not_made_again() {
    array =
        ArrayState.begin(
            6,
            ArrayState.Waits.NONE,
            Optional.of("before"),
            ChildEnds.NONE.with(Map.of(0, true, 2, true, 3, true)));
    planned(6, 0, Route.FUNCTION);
    assertThat(array.next()).isEqualTo(new Work.Make(List.of(1, 4, 5), 6));
    happens(new ArrayEvent.Made(6));
    assertThat(happens(ended(Map.of(1, true, 4, true, 5, true)))).isTrue();
    assertThat(journey.state().status()).isEqualTo(TaskStatus.SUCCEEDED);
  }

  @Test
  void a_child_is_paid_for_once_however_often_its_end_is_told() {
    planned(3, 0, Route.FUNCTION);
    happens(new ArrayEvent.Made(3));
    happens(new ArrayEvent.ChildrenEnded(Map.of(0, new ChildEnd(true, new Spent(0.5, 0.25)))));
    happens(
        new ArrayEvent.ChildrenEnded(
            Map.of(
                0, new ChildEnd(true, new Spent(0.5, 0.25)),
                2, new ChildEnd(false, new Spent(0.125, 0.125)))));
    assertThat(array.spent()).isEqualTo(new Spent(0.625, 0.375));
  }
}
