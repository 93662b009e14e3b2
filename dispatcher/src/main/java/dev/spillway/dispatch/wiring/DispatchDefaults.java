package dev.spillway.dispatch.wiring;

import dev.spillway.dispatch.DispatchSettings;
import dev.spillway.dispatch.aws.ObjectStore;
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
import java.util.Properties;

/** The built-in limits, causes and intervals; the first two are files that users can replace. */
public final class DispatchDefaults {
  private static final int MAX_HOPS = 4;
  private static final double RAISE_FACTOR = 2;

  private DispatchDefaults() {}

  /** The settings of a server that was told nothing but its folder. */
  public static DispatchSettings settings(Path dataDirectory, int functionConcurrency) {
    return settings(dataDirectory, functionConcurrency, MAX_HOPS);
  }

  /** The same with a limit on the routes of a task. */
  public static DispatchSettings settings(
      Path dataDirectory, int functionConcurrency, int maxHops) {
    Limits limits = limits(resource("routing-limits.properties"), Duration.ofSeconds(60), maxHops);
    return new DispatchSettings(
        dataDirectory,
        limits,
        new FallbackRules(
            causes(resource("fallback-causes.txt")),
            maxHops,
            RAISE_FACTOR,
            limits.fargateMemoryMib(),
            limits.fargateDiskMib(),
            5,
            Duration.ofSeconds(1),
            Duration.ofMinutes(1)),
        functionConcurrency,
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        ObjectStore.TASKS_BUCKET,
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
