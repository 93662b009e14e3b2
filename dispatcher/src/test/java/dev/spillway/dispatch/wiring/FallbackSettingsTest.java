package dev.spillway.dispatch.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.ConfigurationException;
import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.FallbackRules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user says of fallback reaches the step. */
class FallbackSettingsTest {
  @TempDir Path temp;

  private FallbackRules rules(String yaml) throws Exception {
    Path file = Files.writeString(temp.resolve("spillway.yaml"), yaml);
    Configuration settings =
        Configuration.load(
            Optional.of(file),
            Map.of(),
            new Configuration.Host(Map.of(), temp, temp, true, 2, 4096));
    return new ModuleSettings(settings, temp, AppHome.find()).dispatch().fallback();
  }

  @Test
  void its_numbers_and_times() throws Exception {
    FallbackRules rules =
        rules("fallback: {maxHops: 3, raiseFactor: 1.5, noCapacityAfter: PT90S}\n");
    assertThat(rules.maxHops()).isEqualTo(3);
    assertThat(rules.raiseFactor()).isEqualTo(1.5);
    assertThat(rules.noCapacityAfter()).isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void a_table_of_causes_takes_the_place_of_the_built_in_one() throws Exception {
    Files.writeString(temp.resolve("causes.txt"), "throttled errorType BusyException\n");
    FallbackRules rules = rules("fallback.causes: causes.txt\n");
    assertThat(rules.causes().classify(Failure.ofFunction("BusyException", "x")))
        .isEqualTo(Cause.THROTTLED);
    assertThat(rules.causes().classify(Failure.ofFunction("Sandbox.Timedout", "x")))
        .isEqualTo(Cause.APPLICATION);
  }

  @Test
  void what_cannot_be_used_stops_the_start_and_is_named() throws Exception {
    Files.writeString(temp.resolve("causes.txt"), "# mine\nslow errorType X\n");
    assertThatThrownBy(() -> rules("fallback.causes: causes.txt\n"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("fallback.causes")
        .hasMessageContaining("causes.txt")
        .hasMessageContaining("line 2")
        .hasMessageContaining("known causes are timeout, out-of-memory");
    assertThatThrownBy(() -> rules("fallback.causes: none.txt\n"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("none.txt")
        .hasMessageContaining("cannot be read");
    assertThatThrownBy(() -> rules("fallback.raiseFactor: 0.5\n"))
        .hasMessageContaining("a number, 1 to 16");
  }
}
