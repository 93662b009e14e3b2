package dev.spillway.batch.capacity;

import dev.spillway.batch.job.Size;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;

/**
 * The instance types there are, and list prices.
 *
 * <p>Source: the two tables beside this class, which say where theirs come from; bundles: API
 * ComputeResource, instanceTypes.
 */
public final class Catalogue {
  private static final Catalogue BUILT_IN = read();
  private static final Map<String, List<String>> BUNDLES =
      Map.of(
          "optimal", List.of("m6i", "c6i", "r6i", "c7i"),
          "default_x86_64", List.of("m6i", "c6i", "r6i", "c7i"),
          "default_arm64", List.of("m6g", "c6g", "r6g", "c7g"));

  private final Map<String, InstanceType> types;
  private final Map<String, FargatePrice> fargateOnDemand;
  private final Map<String, FargatePrice> fargateSpot;

  /** Billionths of a dollar for an hour. */
  private record FargatePrice(long vcpuNanos, long gibNanos) {}

  private Catalogue(
      Map<String, InstanceType> types,
      Map<String, FargatePrice> fargateOnDemand,
      Map<String, FargatePrice> fargateSpot) {
    this.types = types;
    this.fargateOnDemand = fargateOnDemand;
    this.fargateSpot = fargateSpot;
  }

  public static Catalogue builtIn() {
    return BUILT_IN;
  }

  private static Catalogue read() {
    Map<String, InstanceType> types = new LinkedHashMap<>();
    for (Map<String, String> row : rows("instance-types.tsv")) {
      types.put(
          row.get("type"),
          new InstanceType(
              row.get("type"),
              new Size(
                  Long.parseLong(row.get("vcpus")) * 1000,
                  Long.parseLong(row.get("memoryMib")),
                  Integer.parseInt(row.get("gpus"))),
              row.get("architecture"),
              nanos(row.get("onDemandHour")),
              Integer.parseInt(row.get("spotSaving")),
              Double.parseDouble(row.get("interruption"))));
    }
    Map<String, Map<String, FargatePrice>> fargate = new LinkedHashMap<>();
    for (Map<String, String> row : rows("fargate.tsv")) {
      fargate
          .computeIfAbsent(row.get("market"), _ -> new LinkedHashMap<>())
          .put(
              row.get("architecture"),
              new FargatePrice(nanos(row.get("vcpuHour")), nanos(row.get("gbHour"))));
    }
    return new Catalogue(types, fargate.get("ON_DEMAND"), fargate.get("SPOT"));
  }

  private static long nanos(String dollars) {
    return new BigDecimal(dollars).movePointRight(9).longValueExact();
  }

  /** Rows by the names of their columns. */
  private static List<Map<String, String>> rows(String table) {
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(Catalogue.class.getResourceAsStream(table), table),
                StandardCharsets.UTF_8))) {
      List<String> lines = reader.lines().filter(line -> !line.startsWith("#")).toList();
      String[] columns = lines.getFirst().split("\t");
      List<Map<String, String>> rows = new ArrayList<>();
      for (String line : lines.subList(1, lines.size())) {
        String[] values = line.split("\t");
        Map<String, String> row = new LinkedHashMap<>();
        for (int i = 0; i < columns.length; i++) {
          row.put(columns[i], values[i]);
        }
        rows.add(row);
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Null when there is none of that name. */
  public InstanceType type(String name) {
    return types.get(name);
  }

  /**
   * What {@code instanceTypes} stands for, in its order: sizes, families, bundles. A size that is
   * named on its own keeps its place and leaves its family's.
   */
  public List<InstanceType> expand(List<String> instanceTypes) {
    SequencedSet<InstanceType> found = new LinkedHashSet<>();
    for (String given : instanceTypes) {
      if (types.containsKey(given)) {
        found.add(types.get(given));
        continue;
      }
      List<String> families = BUNDLES.getOrDefault(given, List.of(given));
      for (InstanceType type : types.values()) {
        if (families.contains(type.family()) && !instanceTypes.contains(type.name())) {
          found.add(type);
        }
      }
    }
    return List.copyOf(found);
  }

  /** What a Fargate task of that size costs in an hour, billionths of a dollar. */
  public long fargateNanos(Size size, boolean spot, String architecture) {
    FargatePrice price = (spot ? fargateSpot : fargateOnDemand).get(architecture);
    return size.vcpuMillis() * price.vcpuNanos() / 1000
        + size.memoryMib() * price.gibNanos() / 1024;
  }
}
