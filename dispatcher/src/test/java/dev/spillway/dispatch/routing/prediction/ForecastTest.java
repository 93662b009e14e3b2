package dev.spillway.dispatch.routing.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.prediction.Run.Kind;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ForecastTest {
  private static Forecast forecast(int runs) {
    Random random = new Random(5);
    RunHistory history = RunHistory.NONE;
    for (int i = 0; i < runs; i++) {
      history =
          history.with(
              Run.of(20 * Math.exp(random.nextGaussian()), 1_000, Kind.JOB),
              new PlannedWith(i, OptionalDouble.empty(), OptionalDouble.empty()));
    }
    var question = new Forecaster.Question(1_000, OptionalDouble.empty(), OptionalDouble.empty());
    return Forecaster.forecasts(history, question, FirstSight.DEFAULT).job();
  }

  /** As it is defined: one duration after the other. */
  private static double mean(Forecast forecast, double least, double most) {
    double mean = 0;
    for (int i = 0; i < forecast.size(); i++) {
      mean += forecast.share(i) * Math.max(least, Math.min(most, forecast.seconds(i)));
    }
    return mean;
  }

  @Test
  void a_mean_between_a_least_and_a_most_counts_what_lies_beyond_as_them() {
    for (int runs : new int[] {1, 2, 9, 64}) {
      Forecast forecast = forecast(runs);
      for (double least : new double[] {-10, 0, forecast.seconds(0), 15, 40, 1e6}) {
        for (double more : new double[] {0, 1, 20, 900, Double.POSITIVE_INFINITY}) {
          double expected = mean(forecast, least, least + more);
          assertThat(forecast.meanSeconds(least, least + more))
              .as("%d runs, %s to %s", runs, least, least + more)
              .isCloseTo(expected, within(1e-9 * Math.abs(expected)));
        }
      }
    }
  }

  @Test
  void a_quantile_is_the_least_duration_that_this_share_does_not_exceed() {
    Forecast forecast = forecast(64);
    double sum = 0;
    for (int i = 0; i < forecast.size(); i++) {
      sum += forecast.share(i);
      assertThat(forecast.quantileSeconds(sum - 1e-6)).isEqualTo(forecast.seconds(i));
    }
    assertThat(sum).isCloseTo(1, within(1e-12));
    assertThat(forecast.quantileSeconds(1)).isEqualTo(forecast.longestSeconds());
  }
}
