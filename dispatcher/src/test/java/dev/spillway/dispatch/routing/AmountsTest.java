package dev.spillway.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
  @ParameterizedTest
  @CsvSource({
    "0.12, 0.1 s",
    "0.96, 1 s",
    "7.2, 7 s",
    "89, 89 s",
    "95, 1.6 min",
    "480, 8 min",
    "7200, 2 h",
    "345600, 4 days"
  })
  void an_estimate_has_one_unit(double seconds, String words) {
    assertThat(Amounts.about(seconds)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "11.9, 18.2, 12 to 18 s",
    "0.4, 1.2, 0.4 to 1.2 s",
    "420, 660, 7 to 11 min",
    "6.1, 6.3, 6 s",
    "5, 900, 5 s to 15 min"
  })
  void a_range_has_the_unit_of_its_upper_end(double low, double high, String words) {
    assertThat(Amounts.range(low, high)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"4.2, 4.2 s", "402.3, 402 s", "3599, 3599 s", "7800, 2 h 10 min"})
  void columns_of_seconds_can_be_compared(double seconds, String words) {
    assertThat(Amounts.plain(seconds)).isEqualTo(words);
  }
}
