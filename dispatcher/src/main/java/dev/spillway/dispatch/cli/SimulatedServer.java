package dev.spillway.dispatch.cli;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.PriceFile;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.simulate.Assumptions;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import dev.spillway.dispatch.wiring.ModuleSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The server that {@code simulate} pretends to be: one whose configuration says something of
 * routing or fallback, else the built-in one, whose figures are those of the published comparison.
 *
 * @param otherwise assumed where no option says it
 * @param objective where no option names one
 * @param words where all of this is from
 */
record SimulatedServer(
    RoutingSettings routing,
    FallbackRules fallback,
    Assumptions otherwise,
    Objective objective,
    String words) {

  static SimulatedServer of(Configuration configuration) {
    List<Configuration.Entry> chosen =
        configuration.entries().stream()
            .filter(entry -> configuration.given(entry.setting()))
            .filter(entry -> entry.setting().key().matches("(routing|fallback)\\..*"))
            .toList();
    if (chosen.isEmpty()) {
      DispatchSettings builtIn = DispatchDefaults.settings(Path.of("."), 1);
      return new SimulatedServer(
          builtIn.routing(),
          builtIn.fallback(),
          Assumptions.DEFAULT,
          builtIn.routing().objective(),
          "Prices, limits and rules: built in.");
    }
    RoutingSettings routing = ModuleSettings.routing(configuration);
    return new SimulatedServer(
        routing,
        ModuleSettings.fallback(configuration, routing.limits()),
        Assumptions.under(routing),
        routing.objective(),
        "Prices, limits and rules: of the server with "
            + chosen.stream()
                .map(e -> e.setting().key() + " = " + e.text() + " (" + e.origin() + ")")
                .collect(Collectors.joining(", "))
            + ".");
  }

  /** The same at the list prices of a file. */
  SimulatedServer priced(Path prices) {
    try {
      return new SimulatedServer(
          routing.priced(PriceFile.read(prices.toString(), Files.readString(prices))),
          fallback,
          otherwise,
          objective,
          words + " Prices: " + prices + ".");
    } catch (IOException e) {
      throw refused("--prices: " + prices + " cannot be read: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw refused("--prices: " + e.getMessage());
    }
  }

  private static CommandFailure refused(String sentence) {
    return new CommandFailure(CommandFailure.REFUSED, sentence);
  }
}
