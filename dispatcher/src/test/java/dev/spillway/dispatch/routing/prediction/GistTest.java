package dev.spillway.dispatch.routing.prediction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.prediction.Run.Kind;
import org.junit.jupiter.api.Test;

class GistTest {
  private static Gist of(Run... runs) {
    long[] codes = new long[runs.length];
    for (int i = 0; i < runs.length; i++) {
      codes[i] = RunCode.of(runs[i], true);
    }
    return new Gist(codes);
  }

  private static Run run(double seconds, long bytes) {
    return Run.of(seconds, bytes, Kind.JOB);
  }

  @Test
  void runs_are_in_the_order_of_their_durations_at_the_same_input() {
    // About ten seconds a megabyte; the first took more than that, the third less.
    Gist gist = of(run(12, 1_000_000), run(40, 4_000_000), run(14, 2_000_000), run(88, 8_000_000));
    assertThat(gist.slope() * RunCode.INPUT_STEPS / RunCode.DURATION_STEPS)
        .isCloseTo(1, within(0.1));
    int[] places = {gist.atPlace(0), gist.atPlace(1), gist.atPlace(2), gist.atPlace(3)};
    assertThat(places).containsExactly(2, 1, 3, 0);
  }

  @Test
  void without_a_slope_the_shortest_comes_first() {
    Gist gist = of(run(30, 1_000), run(10, 1_000), run(20, 1_000));
    assertThat(gist.slope()).isZero();
    assertThat(new int[] {gist.atPlace(0), gist.atPlace(1), gist.atPlace(2)})
        .containsExactly(1, 2, 0);
  }

  @Test
  void the_most_of_each_amount_is_known() {
    Gist gist =
        of(
            new Run(1, 5_000, 300, 0, Kind.JOB, false, false),
            new Run(1, 100, 200, 900, Kind.FUNCTION, false, false));
    assertThat(gist.largestInput()).isEqualTo(RunCode.input(5_000));
    assertThat(gist.mostMemory()).isEqualTo(RunCode.size(300));
    assertThat(gist.mostDisk()).isEqualTo(RunCode.size(900));
    assertThat(of().largestInput()).isZero();
  }
}
