package dev.spillway.dispatch.routing.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.prediction.Forecast.Basis;
import dev.spillway.dispatch.routing.prediction.Forecaster.Question;
import dev.spillway.dispatch.routing.prediction.Run.Kind;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class ForecasterTest {
  private static final long MB = 1_000_000;

  private static Question asking(long inputBytes) {
    return new Question(inputBytes, OptionalDouble.empty(), OptionalDouble.empty());
  }

  private static Question hinting(double seconds) {
    return new Question(-1, OptionalDouble.of(seconds), OptionalDouble.empty());
  }

  private static Forecast forecast(RunHistory history, Question question) {
    return Forecaster.forecasts(history, question, FirstSight.DEFAULT).on(Kind.JOB);
  }

  /** One by one, each planned with all before it, as the dispatcher does it. */
  private static RunHistory learn(
      RunHistory from, Random random, int runs, LongToDoubleFunction seconds) {
    RunHistory history = from;
    for (int i = 0; i < runs; i++) {
      long input = MB * (1 + random.nextInt(100));
      Forecast before = forecast(history, asking(input));
      double noise = Math.exp(0.2 * random.nextGaussian());
      history =
          history.with(
              Run.of(seconds.applyAsDouble(input) * noise, input, Kind.JOB),
              new PlannedWith(
                  history.count(),
                  history.isEmpty()
                      ? OptionalDouble.empty()
                      : OptionalDouble.of(before.boundSeconds()),
                  OptionalDouble.empty()));
    }
    return history;
  }

  @Test
  void what_never_ran_goes_by_its_input_and_widely() {
    Forecast small = forecast(RunHistory.NONE, asking(50_000));
    Forecast large = forecast(RunHistory.NONE, asking(9_000 * MB));
    Forecast unknown = forecast(RunHistory.NONE, asking(-1));
    assertThat(small.basis()).isEqualTo(Basis.FIRST_SIGHT);
    assertThat(small.quantileSeconds(0.5)).isCloseTo(3, within(0.1));
    assertThat(large.quantileSeconds(0.5)).isCloseTo(3003, within(10.0));
    assertThat(unknown.chanceOver(900)).isBetween(0.05, 0.15);
    assertThat(small.chanceOver(900)).isLessThan(0.001);
  }

  @Test
  void a_hint_comes_before_all_that_is_believed() {
    Forecast hinted = forecast(RunHistory.NONE, hinting(120));
    assertThat(hinted.basis()).isEqualTo(Basis.HINT);
    assertThat(hinted.quantileSeconds(0.5)).isCloseTo(120, within(1.0));
    assertThat(hinted.boundSeconds()).isBetween(200.0, 350.0);
  }

  @Test
  void a_functions_own_timeout_says_that_it_is_short() {
    var question = new Question(-1, OptionalDouble.empty(), OptionalDouble.of(60));
    Forecast chosen = forecast(RunHistory.NONE, question);
    assertThat(chosen.basis()).isEqualTo(Basis.TIMEOUT);
    assertThat(chosen.quantileSeconds(0.5)).isCloseTo(7.5, within(0.1));
    assertThat(chosen.chanceOver(60)).isLessThan(0.06);
  }

  @Test
  void runs_of_about_this_size_say_most() {
    RunHistory history =
        learn(RunHistory.NONE, new Random(1), 60, input -> input > 50 * MB ? 600 : 6);
    assertThat(forecast(history, asking(20 * MB)).quantileSeconds(0.5)).isLessThan(20);
    assertThat(forecast(history, asking(90 * MB)).quantileSeconds(0.5)).isGreaterThan(200);
  }

  @Test
  void an_input_larger_than_any_before_is_expected_to_take_longer_than_any() {
    RunHistory history = learn(RunHistory.NONE, new Random(2), 60, input -> input / 1e5);
    assertThat(forecast(history, asking(400 * MB)).quantileSeconds(0.5))
        .isCloseTo(4_000, within(1_500.0));
  }

  @Test
  void what_changed_is_believed_after_some_runs() {
    RunHistory before = learn(RunHistory.NONE, new Random(3), 60, _ -> 10);
    RunHistory after = learn(before, new Random(4), 20, _ -> 100);
    assertThat(forecast(after, asking(50 * MB)).quantileSeconds(0.5)).isGreaterThan(50);
  }

  @Test
  void a_hint_moves_by_what_hints_were_wrong_before() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 3; i++) {
      history =
          history.with(
              Run.of(400, -1, Kind.JOB),
              new PlannedWith(i, OptionalDouble.empty(), OptionalDouble.of(100)));
    }
    Forecast told = forecast(history, hinting(100));
    assertThat(told.quantileSeconds(0.5)).isCloseTo(400, within(40.0));
  }

  @Test
  void nine_of_ten_bounds_hold_for_runs_of_many_shapes() {
    Random random = new Random(5);
    int told = 0;
    int held = 0;
    for (int workload = 0; workload < 60; workload++) {
      double base = Math.exp(6 * random.nextDouble());
      double spread = 0.05 + random.nextDouble();
      double power = random.nextInt(2);
      RunHistory history = RunHistory.NONE;
      for (int run = 0; run < 100; run++) {
        long input = MB * (1 + random.nextInt(100));
        double seconds =
            base * Math.pow((double) input / MB, power) * Math.exp(spread * random.nextGaussian());
        OptionalDouble bound =
            history.count() < 8
                ? OptionalDouble.empty()
                : OptionalDouble.of(forecast(history, asking(input)).boundSeconds());
        if (bound.isPresent()) {
          told++;
          held += seconds <= bound.getAsDouble() ? 1 : 0;
        }
        history =
            history.with(
                Run.of(seconds, input, Kind.JOB),
                new PlannedWith(history.count(), bound, OptionalDouble.empty()));
      }
    }
    assertThat((double) held / told).isBetween(0.88, 0.92);
  }

  @Test
  void a_kind_of_place_that_is_slower_is_found_out_where_both_ran_the_same() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 40; i++) {
      Kind kind = i % 2 == 0 ? Kind.FUNCTION : Kind.JOB;
      history =
          history.with(
              Run.of(kind == Kind.FUNCTION ? 35 : 10, 5 * MB, kind),
              new PlannedWith(i, OptionalDouble.empty(), OptionalDouble.empty()));
    }
    Question question = asking(5 * MB);
    Forecast function =
        Forecaster.forecasts(history, question, FirstSight.DEFAULT).on(Kind.FUNCTION);
    Forecast job = Forecaster.forecasts(history, question, FirstSight.DEFAULT).on(Kind.JOB);
    assertThat(function.meanSeconds()).isGreaterThan(25);
    assertThat(job.meanSeconds()).isLessThan(15);
  }

  @Test
  void runs_that_a_failed_function_sent_to_batch_do_not_make_batch_look_slow() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 40; i++) {
      boolean hard = i % 4 == 0;
      history =
          history.with(
              new Run(
                  hard ? 1_500 : 10, 5 * MB, 0, 0, hard ? Kind.JOB : Kind.FUNCTION, hard, false),
              new PlannedWith(i, OptionalDouble.empty(), OptionalDouble.empty()));
    }
    Forecast function =
        Forecaster.forecasts(history, asking(5 * MB), FirstSight.DEFAULT).on(Kind.FUNCTION);
    assertThat(function.chanceOver(900)).as("one in four runs longer").isGreaterThan(0.15);
  }

  @Test
  void memory_that_was_seen_says_how_often_a_place_is_too_small() {
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < 20; i++) {
      history =
          history.with(
              new Run(10, 5 * MB, i % 2 == 0 ? 300 : 900, 0, Kind.FUNCTION, false, false),
              new PlannedWith(i, OptionalDouble.empty(), OptionalDouble.empty()));
    }
    Forecast seen = forecast(history, asking(5 * MB));
    assertThat(seen.memoryOver(512)).isBetween(0.4, 0.6);
    assertThat(seen.memoryOver(1024)).isZero();
    assertThat(seen.diskOver(1)).as("nobody saw its disk").isZero();
  }
}
