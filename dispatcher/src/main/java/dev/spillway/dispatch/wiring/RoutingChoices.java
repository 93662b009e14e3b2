package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.config.Configuration;
import dev.spillway.dispatch.config.ConfigurationException;
import dev.spillway.dispatch.config.PriceFile;
import dev.spillway.dispatch.config.Setting;
import dev.spillway.dispatch.routing.Limits;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** What a user says of routing, over what is built in. */
final class RoutingChoices {
  private final Configuration settings;

  private RoutingChoices(Configuration settings) {
    this.settings = settings;
  }

  /**
   * Reads the settings {@code routing.*}, and the files that they name.
   *
   * @throws ConfigurationException names the setting, the file and the entry that cannot be used
   */
  static RoutingSettings of(Configuration settings) {
    return new RoutingChoices(settings).routing();
  }

  private RoutingSettings routing() {
    int maxHops = settings.whole(Setting.FALLBACK_MAX_HOPS);
    Duration margin = settings.span(Setting.ROUTING_FUNCTION_MARGIN);
    RoutingSettings builtIn = DispatchDefaults.routing(margin, maxHops);
    Limits limits =
        file(Setting.ROUTING_LIMITS, text -> DispatchDefaults.limits(text, margin, maxHops))
            .orElse(builtIn.limits());
    if (margin.compareTo(limits.functionTimeout()) >= 0) {
      throw new ConfigurationException(
          "routing.functionMargin is \"%s\": it must be less than function.timeout of the limits, %s."
              .formatted(margin, limits.functionTimeout()));
    }
    return new RoutingSettings(
        limits,
        file(Setting.ROUTING_PRICES, text -> PriceFile.read("the price file", text))
            .orElse(builtIn.prices()),
        file(Setting.ROUTING_LIMITS, DispatchDefaults::starts).orElse(builtIn.starts()),
        builtIn
            .firstSight()
            .under(FirstSight.Policy.of(settings.text(Setting.ROUTING_FIRST_SIGHT)).orElseThrow()),
        Objective.of(settings.text(Setting.ROUTING_OBJECTIVE)).orElseThrow(),
        settings.whole(Setting.ROUTING_CANARY));
  }

  private <T> Optional<T> file(Setting setting, Function<String, T> reader) {
    return settings.path(setting).map(path -> read(setting, path, reader));
  }

  private static <T> T read(Setting setting, Path path, Function<String, T> reader) {
    try {
      return reader.apply(Files.readString(path));
    } catch (IOException e) {
      throw new ConfigurationException(
          "%s is \"%s\": it cannot be read (%s). Name a text file, or leave the setting out."
              .formatted(setting.key(), path, e));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "%s is \"%s\": %s".formatted(setting.key(), path, e.getMessage()));
    }
  }
}
