package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.aws.ObjectStore;
import dev.spillway.dispatch.config.PriceFile;
import dev.spillway.dispatch.fallback.CauseTable;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Limits;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.cost.StartTimes;
import dev.spillway.dispatch.routing.prediction.FirstSight;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Properties;

/** The built-in limits, causes and intervals; the first two are files that users can replace. */
public final class DispatchDefaults {
  private static final int MAX_HOPS = 4;
  private static final double RAISE_FACTOR = 2;
  private static final Duration FUNCTION_MARGIN = Duration.ofSeconds(60);
  private static final int CANARY = 8;
  private static final int MAX_ARRAY_SIZE = 10_000;
  private static final Duration NO_CAPACITY_AFTER = Duration.ofMinutes(10);

  private DispatchDefaults() {}

  /** The settings of a server that was told nothing but its folder. */
  public static DispatchSettings settings(Path dataDirectory, int functionConcurrency) {
    RoutingSettings routing = routing(MAX_HOPS);
    return new DispatchSettings(
        dataDirectory,
        routing,
        fallback(
            new FallbackChoices(MAX_HOPS, RAISE_FACTOR, NO_CAPACITY_AFTER, Optional.empty()),
            routing.limits()),
        functionConcurrency,
        Duration.ofSeconds(30),
        ObjectStore.TASKS_BUCKET,
        Duration.ofDays(90),
        Duration.ofDays(30),
        MAX_ARRAY_SIZE,
        Optional.empty());
  }

  /**
   * What a user can say of fallback.
   *
   * @param causes text of a table in place of the built-in one
   */
  record FallbackChoices(
      int maxHops, double raiseFactor, Duration noCapacityAfter, Optional<String> causes) {}

  /**
   * The rules of fallback with the user's choices.
   *
   * @throws IllegalArgumentException names the line of the table that cannot be read
   */
  static FallbackRules fallback(FallbackChoices choices, Limits limits) {
    return new FallbackRules(
        causes(choices.causes().orElseGet(() -> resource("fallback-causes.txt"))),
        choices.maxHops(),
        choices.raiseFactor(),
        limits.fargateMemoryMib(),
        limits.fargateDiskMib(),
        5,
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        choices.noCapacityAfter());
  }

  /** The built-in limits, prices and times. */
  public static RoutingSettings routing(int maxHops) {
    return routing(FUNCTION_MARGIN, maxHops);
  }

  static RoutingSettings routing(Duration functionMargin, int maxHops) {
    String limits = resource("routing-limits.properties");
    return new RoutingSettings(
        limits(limits, functionMargin, maxHops),
        PriceFile.read("the built-in price file", resource("prices.yaml")),
        starts(limits),
        FirstSight.DEFAULT,
        Objective.COST,
        CANARY);
  }

  /** Reads the table of causes. */
  public static CauseTable causes(String text) {
    return CauseTable.read(text.lines().toList());
  }

  /**
   * Reads the limits.
   *
   * @throws IllegalArgumentException names the entry that is absent or cannot be read
   */
  public static Limits limits(String text, Duration functionMargin, int maxHops) {
    Properties entries = entries(text);
    return new Limits(
        time(entries, "function.timeout"),
        functionMargin,
        number(entries, "function.memory"),
        number(entries, "function.disk"),
        number(entries, "function.mibPerVcpu"),
        number(entries, "function.payloadBytes"),
        time(entries, "batch.leastTimeout"),
        number(entries, "fargate.vcpus"),
        number(entries, "fargate.memory"),
        number(entries, "fargate.disk"),
        maxHops);
  }

  /**
   * Reads the start-up times, which stand in the same file as the limits.
   *
   * @throws IllegalArgumentException names the entry that is absent or cannot be read
   */
  public static StartTimes starts(String text) {
    Properties entries = entries(text);
    return new StartTimes(
        time(entries, "start.function"),
        time(entries, "start.functionBilled"),
        time(entries, "start.fargate"),
        time(entries, "start.fargateBilled"),
        time(entries, "start.job"),
        time(entries, "start.instance"),
        time(entries, "start.instanceIdle"));
  }

  private static Properties entries(String text) {
    Properties entries = new Properties();
    try {
      entries.load(new StringReader(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return entries;
  }

  private static Duration time(Properties entries, String key) {
    try {
      Duration time = Duration.parse(entry(entries, key));
      if (!time.isNegative()) {
        return time;
      }
    } catch (DateTimeParseException _) {
      // The same sentence as for a negative one.
    }
    throw new IllegalArgumentException(
        "limits: "
            + key
            + " is "
            + entries.getProperty(key)
            + "; it must be a duration, for example PT900S.");
  }

  private static long number(Properties entries, String key) {
    try {
      long number = Long.parseLong(entry(entries, key));
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // The same sentence as for one below 1.
    }
    throw new IllegalArgumentException(
        "limits: "
            + key
            + " is "
            + entries.getProperty(key)
            + "; it must be a whole number above 0.");
  }

  private static String entry(Properties entries, String key) {
    String value = entries.getProperty(key);
    if (value == null) {
      throw new IllegalArgumentException("limits: " + key + " is missing.");
    }
    return value.strip();
  }

  private static String resource(String name) {
    try (InputStream in = DispatchSettings.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + name + " is missing from the build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
