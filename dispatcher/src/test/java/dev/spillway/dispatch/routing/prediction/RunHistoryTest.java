package dev.spillway.dispatch.routing.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.prediction.Run.Kind;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RunHistoryTest {
  private static PlannedWith knowing(long count) {
    return new PlannedWith(count, OptionalDouble.empty(), OptionalDouble.empty());
  }

  private static RunHistory oneByOne(int runs, double seconds) {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < runs; i++) {
      history = history.with(Run.of(seconds, 1000, Kind.JOB), knowing(history.count()));
    }
    return history;
  }

  @Test
  void a_run_keeps_its_amounts_to_a_part_of_a_percent() {
    for (double seconds : new double[] {0.001, 0.25, 6.2, 899.9, 900.1, 86_400, 3e7}) {
      assertThat(RunCode.seconds(RunCode.duration(seconds)))
          .isCloseTo(seconds, within(seconds * 0.0003));
    }
    long code = RunCode.of(new Run(12.5, 3L << 30, 1_480, 40_960, Kind.JOB, true, true), true);
    assertThat(RunCode.mib(RunCode.memoryCode(code))).isBetween(1_478L, 1_482L);
    assertThat(RunCode.mib(RunCode.diskCode(code))).isBetween(40_900L, 41_020L);
    assertThat(RunCode.job(code)).isTrue();
    assertThat(RunCode.afterFailure(code)).isTrue();
    assertThat(RunCode.cutShort(code)).isTrue();
    assertThat(RunCode.startsCohort(code)).isTrue();
    assertThat(RunCode.inputCode(RunCode.of(Run.of(1, -1, Kind.FUNCTION), false))).isZero();
  }

  @Test
  void what_is_remembered_never_grows_over_its_bound() {
    RunHistory history = oneByOne(1_000, 5);
    assertThat(history.count()).isEqualTo(1_000);
    assertThat(history.size()).isEqualTo(RunHistory.KEPT);
    assertThat(history.toWords()).hasSize(7 + RunHistory.KEPT);
  }

  @Test
  void of_a_thousand_tasks_planned_at_once_four_are_kept() {
    RunHistory history = oneByOne(10, 5);
    for (int i = 0; i < 1_000; i++) {
      history = history.with(Run.of(100 + i, 1000, Kind.JOB), knowing(10));
    }
    assertThat(history.size()).isEqualTo(14);
    assertThat(history.count()).isEqualTo(1_010);
    double latest = 0;
    for (int i = 10; i < 14; i++) {
      latest = Math.max(latest, RunCode.seconds(RunCode.durationCode(history.code(i))));
    }
    assertThat(latest).as("not only the first of them").isGreaterThan(110);
  }

  @Test
  void tasks_that_overlap_without_end_still_make_new_cohorts() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 1_000; i++) {
      history = history.with(Run.of(5, 1000, Kind.JOB), knowing(Math.max(0, i - 100)));
    }
    int cohorts = 0;
    for (int i = 0; i < history.size(); i++) {
      cohorts += RunCode.startsCohort(history.code(i)) ? 1 : 0;
    }
    assertThat(cohorts).isBetween(8, 11);
  }

  @Test
  void it_reads_what_it_wrote() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 90; i++) {
      history =
          history.with(
              new Run(3 + i, 1L << i % 40, i, 2L * i, Kind.FUNCTION, false, false),
              new PlannedWith(
                  history.count(), OptionalDouble.of(50), OptionalDouble.of(10 + i % 3)));
    }
    RunHistory read = RunHistory.of(history.toWords());
    assertThat(read.toWords()).isEqualTo(history.toWords());
    assertThat(read.hints()).isEqualTo(history.hints());
    assertThat(read.widening()).isEqualTo(history.widening()).isPositive();
    assertThatThrownBy(() -> RunHistory.of(new long[] {99, 0, 0, 0, 0, 0, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("7 words");
  }

  @Test
  void hints_that_are_far_off_are_noticed() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 5; i++) {
      history =
          history.with(
              Run.of(402, 1000, Kind.JOB),
              new PlannedWith(i, OptionalDouble.empty(), OptionalDouble.of(120)));
    }
    assertThat(history.hints().farOff()).isTrue();
    assertThat(history.hints().factor()).isCloseTo(3.35, within(0.01));
    assertThat(oneByOne(5, 402).hints().farOff()).isFalse();
  }
}
