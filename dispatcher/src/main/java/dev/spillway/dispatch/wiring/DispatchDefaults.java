package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.fallback.CauseTable;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.routing.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;

/** The built-in limits, causes and intervals; the first two are files that users can replace. */
public final class DispatchDefaults {
  private static final int MAX_HOPS = 4;
  private static final double RAISE_FACTOR = 2;
  private static final Duration NO_CAPACITY_AFTER = Duration.ofMinutes(10);

  private DispatchDefaults() {}

  /** The settings of a server that was told nothing but its folder. */
  public static DispatchSettings settings(Path dataDirectory, int functionConcurrency) {
    return settings(
        dataDirectory,
        functionConcurrency,
        new FallbackChoices(MAX_HOPS, RAISE_FACTOR, NO_CAPACITY_AFTER, Optional.empty()));
  }

  /**
   * What a user can say of fallback.
   *
   * @param causes text of a table in place of the built-in one
   */
  public record FallbackChoices(
      int maxHops, double raiseFactor, Duration noCapacityAfter, Optional<String> causes) {}

  /**
   * The same with the user's choices.
   *
   * @throws IllegalArgumentException names the line of the table that cannot be read
   */
  public static DispatchSettings settings(
      Path dataDirectory, int functionConcurrency, FallbackChoices choices) {
    int maxHops = choices.maxHops();
    Limits limits = limits(resource("routing-limits.properties"), Duration.ofSeconds(60), maxHops);
    return new DispatchSettings(
        dataDirectory,
        limits,
        new FallbackRules(
            causes(choices.causes().orElseGet(() -> resource("fallback-causes.txt"))),
            maxHops,
            choices.raiseFactor(),
            limits.fargateMemoryMib(),
            limits.fargateDiskMib(),
            5,
            Duration.ofSeconds(1),
            Duration.ofMinutes(1),
            choices.noCapacityAfter()),
        functionConcurrency,
        Duration.ofSeconds(30),
        Duration.ofDays(90),
        Duration.ofDays(30));
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
    Properties entries = new Properties();
    try {
      entries.load(new StringReader(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Limits(
        Duration.parse(entry(entries, "function.timeout")),
        functionMargin,
        number(entries, "function.memory"),
        number(entries, "function.disk"),
        number(entries, "function.mibPerVcpu"),
        number(entries, "function.payloadBytes"),
        Duration.parse(entry(entries, "batch.leastTimeout")),
        number(entries, "fargate.vcpus"),
        number(entries, "fargate.memory"),
        number(entries, "fargate.disk"),
        maxHops);
  }

  private static long number(Properties entries, String key) {
    try {
      return Long.parseLong(entry(entries, key));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "limits: " + key + " is " + entries.getProperty(key) + ", not a whole number.", e);
    }
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
