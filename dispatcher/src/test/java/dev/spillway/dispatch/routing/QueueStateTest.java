package dev.spillway.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class QueueStateTest {
  private static Load load(double most, double up, double used, long jobs, double vcpus) {
    return new QueueState(
            most, up, used, jobs, vcpus, OptionalDouble.of(60), OptionalDouble.empty())
        .load();
  }

  @Test
  void an_idle_queue_has_no_wait_and_no_instance() {
    assertThat(load(16, 0, 0, 0, 0)).isEqualTo(new Load(false, 0, 0));
  }

  @Test
  void room_on_an_instance_that_is_up_is_told() {
    assertThat(load(16, 4, 3, 0, 0)).isEqualTo(new Load(true, 0, 0));
    assertThat(load(16, 4, 4, 0, 0)).isEqualTo(new Load(false, 0, 0));
  }

  @Test
  void a_full_queue_waits_for_the_next_of_its_places() {
    assertThat(load(16, 16, 16, 0, 0).waitSeconds()).isCloseTo(60 / 16.0, within(1e-9));
  }

  @Test
  void jobs_before_it_are_waited_for_by_their_vcpus() {
    Load load = load(16, 16, 16, 100, 200);
    assertThat(load.before()).isEqualTo(100);
    assertThat(load.waitSeconds()).isCloseTo(201 * 60 / 16.0, within(1e-9));
    assertThat(load.up()).isFalse();
  }

  @Test
  void jobs_that_fit_into_what_is_free_make_nobody_wait() {
    assertThat(load(16, 0, 4, 5, 10)).isEqualTo(new Load(false, 0, 5));
  }

  @Test
  void without_a_run_to_go_by_no_wait_is_made_up() {
    assertThat(new QueueState(4, 4, 4, 9, 9, OptionalDouble.empty(), OptionalDouble.empty()).load())
        .isEqualTo(new Load(false, 0, 9));
    assertThat(new QueueState(0, 0, 0, 0, 0, OptionalDouble.of(5), OptionalDouble.empty()).load())
        .isEqualTo(new Load(false, 0, 0));
  }

  @Test
  void runs_are_no_shorter_than_those_that_run_have_run_already() {
    assertThat(waitOf(OptionalDouble.of(0), OptionalDouble.of(600))).isEqualTo(150);
    assertThat(waitOf(OptionalDouble.empty(), OptionalDouble.of(600))).isEqualTo(150);
    assertThat(waitOf(OptionalDouble.of(60), OptionalDouble.of(2))).isEqualTo(15);
  }

  private static double waitOf(OptionalDouble ended, OptionalDouble ages) {
    return new QueueState(4, 4, 4, 0, 0, ended, ages).load().waitSeconds();
  }
}
