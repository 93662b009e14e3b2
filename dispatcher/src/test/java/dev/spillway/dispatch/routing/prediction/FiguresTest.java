package dev.spillway.dispatch.routing.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.HintWords;
import dev.spillway.dispatch.routing.prediction.Run.Kind;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static RunHistory with(RunHistory history, Run run, double hint) {
    return history.with(
        run,
        new PlannedWith(
            history.count(),
            OptionalDouble.empty(),
            hint > 0 ? OptionalDouble.of(hint) : OptionalDouble.empty()));
  }

  @Test
  void nothing_is_known_of_what_never_ran() {
    Figures figures = Figures.of(RunHistory.NONE);
    assertThat(figures.runs()).isZero();
    assertThat(figures.medianSeconds()).isEmpty();
    assertThat(figures.longSeconds()).isEmpty();
    assertThat(figures.memoryMib()).isEmpty();
    assertThat(figures.medianInputBytes()).isEmpty();
    assertThat(HintWords.of(RunHistory.NONE.hints())).isEqualTo("none");
  }

  @Test
  void quantiles_are_of_the_runs_that_are_remembered() {
    RunHistory history = RunHistory.NONE;
    for (int i = 1; i <= 100; i++) {
      long memory = i % 2 == 0 ? 500 + i : 0;
      history = with(history, new Run(i, i * 1_000L, memory, 0, Kind.JOB, false, false), 0);
    }
    Figures figures = Figures.of(history);
    assertThat(figures.runs()).isEqualTo(100);
    assertThat(figures.remembered()).isEqualTo(64);
    // 37 to 100 are left: the 32nd and the 58th of them.
    assertThat(figures.medianSeconds().orElseThrow()).isCloseTo(68, within(0.1));
    assertThat(figures.longSeconds().orElseThrow()).isCloseTo(94, within(0.1));
    assertThat(figures.memoryMib().orElseThrow()).isBetween(597L, 599L);
    assertThat(figures.medianInputBytes().orElseThrow()).isBetween(67_900L, 68_100L);
  }

  @Test
  void hints_are_ok_or_said_to_be_off_with_the_last_one_and_what_was_seen() {
    RunHistory good = with(RunHistory.NONE, Run.of(100, -1, Kind.JOB), 120);
    assertThat(HintWords.of(good.hints())).isEqualTo("ok");
    RunHistory low = with(RunHistory.NONE, Run.of(402, -1, Kind.JOB), 120);
    assertThat(HintWords.of(low.hints())).isEqualTo("too low: 120 s given, 402 s seen");
    RunHistory high = with(RunHistory.NONE, Run.of(4, -1, Kind.JOB), 120);
    assertThat(HintWords.of(high.hints())).isEqualTo("too high: 120 s given, 4 s seen");
  }
}
