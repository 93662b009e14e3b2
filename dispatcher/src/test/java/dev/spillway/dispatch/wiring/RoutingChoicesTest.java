package dev.spillway.dispatch.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.ConfigurationException;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user says of routing reaches the router, whichever the backend. */
class RoutingChoicesTest {
  private static final Path BUILT_IN = Path.of("src/main/resources/dev/spillway/dispatch");

  @TempDir Path temp;

  private RoutingSettings routing(String yaml) throws Exception {
    Path file = Files.writeString(temp.resolve("spillway.yaml"), yaml);
    Configuration settings =
        Configuration.load(
            Optional.of(file),
            Map.of(),
            new Configuration.Host(Map.of(), temp, temp, true, 2, 4096));
    return ModuleSettings.dispatch(settings, temp, 4).routing();
  }

  @Test
  void what_is_not_said_is_built_in() throws Exception {
    RoutingSettings routing = routing("region: eu-west-1\n");
    assertThat(routing).isEqualTo(DispatchDefaults.routing(4));
    assertThat(routing.canary()).isEqualTo(8);
    assertThat(routing.limits().functionMargin()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void objective_margin_first_sight_and_canary() throws Exception {
    RoutingSettings routing =
        routing(
            "backend: aws\n"
                + "routing: {objective: speed, functionMargin: 2m, firstSight: batch, canary: 0}\n");
    assertThat(routing.objective()).isEqualTo(Objective.SPEED);
    assertThat(routing.limits().functionMargin()).isEqualTo(Duration.ofMinutes(2));
    assertThat(routing.firstSight().policy()).isEqualTo(FirstSight.Policy.BATCH);
    assertThat(routing.canary()).isZero();
  }

  @Test
  void files_of_prices_and_limits_take_the_places_of_the_built_in_ones() throws Exception {
    write("prices.yaml", built("prices.yaml").replace("region: us-east-1", "region: eu-central-1"));
    write(
        "limits.properties",
        built("routing-limits.properties")
            .replace("function.timeout=PT900S", "function.timeout=PT1800S")
            .replace("start.fargate=PT30S", "start.fargate=PT45S"));
    RoutingSettings routing =
        routing(
            "routing: {prices: prices.yaml, limits: limits.properties, functionMargin: PT0S}\n");
    assertThat(routing.prices().region()).isEqualTo("eu-central-1");
    assertThat(routing.limits().functionTimeout()).isEqualTo(Duration.ofMinutes(30));
    assertThat(routing.limits().functionMargin()).isZero();
    assertThat(routing.starts().fargate()).isEqualTo(Duration.ofSeconds(45));
  }

  @Test
  void a_file_that_cannot_be_used_stops_the_start_and_its_entry_is_named() throws Exception {
    write("prices.yaml", built("prices.yaml").replaceFirst("price: [0-9.]+", "price: cheap"));
    refused("routing.prices: prices.yaml\n", "routing.prices", "prices.yaml", "\"cheap\"");
    write("prices.yaml", "a: [b\n");
    refused("routing.prices: prices.yaml\n", "routing.prices", "no YAML");
    write("limits.properties", built("routing-limits.properties").replace("function.disk=", "x="));
    refused("routing.limits: limits.properties\n", "routing.limits", "function.disk is missing");
    write(
        "limits.properties",
        built("routing-limits.properties").replace("start.job=PT3S", "start.job=3 s"));
    refused("routing.limits: limits.properties\n", "start.job is 3 s", "for example PT900S");
    refused("routing.limits: none.properties\n", "none.properties", "cannot be read");
  }

  @Test
  void a_margin_that_leaves_nothing_of_the_limit_is_refused() throws Exception {
    write(
        "limits.properties",
        built("routing-limits.properties")
            .replace("function.timeout=PT900S", "function.timeout=PT60S"));
    refused("routing.limits: limits.properties\n", "routing.functionMargin", "less than", "PT1M");
    refused("routing.firstSight: lambda\n", "routing.firstSight", "auto, function, batch");
    refused("routing.canary: 1001\n", "0 to 1000");
  }

  private void refused(String yaml, String... words) {
    assertThatThrownBy(() -> routing(yaml))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll(words);
  }

  private static String built(String name) throws Exception {
    return Files.readString(BUILT_IN.resolve(name));
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(temp.resolve(name), text);
  }
}
