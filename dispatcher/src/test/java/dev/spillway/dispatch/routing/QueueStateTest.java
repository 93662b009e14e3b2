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
    assertThat(load(16, 0, 0, 0, 0)).isEqualTo(new Load(false, 0, 0, 15, 16));
  }

  @Test
  void room_on_an_instance_that_is_up_is_told() {
    assertThat(load(16, 4, 3, 0, 0)).isEqualTo(new Load(true, 0, 0, 12, 16));
    assertThat(load(16, 4, 4, 0, 0)).isEqualTo(new Load(false, 0, 0, 11, 16));
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
    assertThat(load(16, 0, 4, 5, 10)).isEqualTo(new Load(false, 0, 5, 1, 16));
  }

  @Test
  void without_a_run_to_go_by_no_wait_is_made_up() {
    assertThat(new QueueState(4, 4, 4, 9, 9, OptionalDouble.empty(), OptionalDouble.empty()).load())
        .isEqualTo(new Load(false, 0, 9, -10, 4));
    assertThat(new QueueState(0, 0, 0, 0, 0, OptionalDouble.of(5), OptionalDouble.empty()).load())
        .isEqualTo(new Load(false, 0, 0));
  }

  @Test
  void what_is_sent_before_it_takes_what_is_free_first_and_makes_it_wait_for_the_rest() {
    Load free = load(16, 16, 12, 0, 0);
    assertThat(free.after(new Ahead.Work(3, 3, 0), 1, 100).waitSeconds()).isZero();
    Load after = free.after(new Ahead.Work(2, 4, 8), 2, 100);
    assertThat(after.waitSeconds()).isCloseTo((4 + 8 * 2 - 3) * 100 / 16.0, within(1e-9));
    assertThat(after.before()).isEqualTo(10);
    Load full = load(16, 16, 16, 100, 200);
    assertThat(full.after(new Ahead.Work(0, 0, 4), 1, 100).waitSeconds())
        .isCloseTo(201 * 60 / 16.0 + 4 * 100 / 16.0, within(1e-9));
    assertThat(Load.UNKNOWN.after(new Ahead.Work(9, 9, 9), 1, 100).waitSeconds()).isZero();
  }

  @Test
  void of_two_the_one_counts_in_which_the_wait_is_longer_or_will_be_sooner() {
    Load wide = load(64, 64, 0, 0, 0);
    Load narrow = load(4, 4, 0, 0, 0);
    Load full = load(64, 64, 64, 0, 0);
    assertThat(wide.narrower(narrow)).isEqualTo(narrow);
    assertThat(narrow.narrower(wide)).isEqualTo(narrow);
    assertThat(narrow.narrower(full)).isEqualTo(full);
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
