package dev.spillway.dispatch.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.spillway.dispatch.routing.cost.Prices;
import dev.spillway.dispatch.routing.cost.Prices.Fargate;
import dev.spillway.dispatch.routing.cost.Prices.InstanceType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a file of list prices: {@code prices.yaml}, built in and replaceable by the setting {@code
 * routing.prices}. What is not asked for may stand in it.
 */
public final class PriceFile {
  private static final ObjectMapper YAML = new YAMLMapper();
  private static final List<String> ARCHITECTURES = List.of("x86_64", "arm64");
  private static final double MIB_A_GIB = 1024;

  private final String name;
  private final JsonNode root;

  private PriceFile(String name, JsonNode root) {
    this.name = name;
    this.root = root;
  }

  /**
   * Reads the text of a file.
   *
   * @param name of the file, for messages
   * @throws IllegalArgumentException names the entry that is absent or no price
   */
  public static Prices read(String name, String text) {
    try {
      return new PriceFile(name, YAML.readTree(text)).prices();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          name + " is no YAML: " + e.getMessage().lines().findFirst().orElse(""), e);
    }
  }

  private Prices prices() {
    Map<String, Double> functions = new LinkedHashMap<>();
    Map<String, Fargate> fargate = new LinkedHashMap<>();
    Map<String, Fargate> fargateSpot = new LinkedHashMap<>();
    for (String arch : ARCHITECTURES) {
      functions.put(arch, number("lambda.duration_gb_second." + arch + ".0.price"));
      fargate.put(arch, fargate("fargate." + arch, 0));
      fargateSpot.put(
          arch,
          fargate(
              "fargate.spot." + arch, reclaimed(at("fargate.spot.interruption_band").asText(""))));
    }
    String scratch = "lambda.ephemeral_storage_gb_second_over_512mb";
    String fargateScratch = "fargate.ephemeral_storage_gb_hour_over_20gb";
    return new Prices(
        text("meta.region"),
        text("meta.compiled"),
        new Prices.FunctionStorage(number(scratch + ".price"), (long) number(scratch + ".free_mb")),
        number("lambda.requests_per_million.price") / 1e6,
        functions,
        fargate,
        fargateSpot,
        new Prices.FargateStorage(
            number(fargateScratch + ".price"), number(fargateScratch + ".free_gb")),
        Prices.Catalogue.of(instanceTypes()));
  }

  private Fargate fargate(String path, double reclaimedAMonth) {
    return new Fargate(number(path + ".vcpu_hour"), number(path + ".gb_hour"), reclaimedAMonth);
  }

  private List<InstanceType> instanceTypes() {
    List<InstanceType> types = new ArrayList<>();
    JsonNode all = at("ec2.instance_types");
    all.properties().forEach(e -> types.add(type(e.getKey(), e.getValue())));
    return types;
  }

  private InstanceType type(String type, JsonNode given) {
    String path = "ec2.instance_types." + type;
    JsonNode gpu = given.path("gpu");
    int gpus = gpu.isObject() ? gpu.path("count").intValue() : given.path("gpus").intValue();
    return new InstanceType(
        type,
        number(given, path, "vcpu"),
        Math.round(number(given, path, "memory_gib") * MIB_A_GIB),
        given.path("arch").asText("x86_64"),
        gpus,
        number(given, path, "on_demand_hour"),
        given.path("spot_savings_pct").asDouble(0) / 100,
        reclaimed(given.path("spot_interruption_band").asText("")));
  }

  private double reclaimed(String band) {
    return root.path("spot")
        .path("interruption_bands_monthly")
        .path(band)
        .path("simulate_with")
        .asDouble(0);
  }

  private double number(String path) {
    return checked(at(path), path);
  }

  private double number(JsonNode parent, String path, String member) {
    return checked(parent.path(member), path + "." + member);
  }

  private double checked(JsonNode value, String path) {
    if (!value.isNumber() || value.doubleValue() < 0) {
      throw new IllegalArgumentException(
          name
              + ": "
              + path
              + (value.isMissingNode() ? " is missing" : " is " + value)
              + "; it must be a number that is not negative.");
    }
    return value.doubleValue();
  }

  private String text(String path) {
    JsonNode value = at(path);
    if (!value.isValueNode()) {
      throw new IllegalArgumentException(name + ": " + path + " is missing.");
    }
    return value.asText();
  }

  private JsonNode at(String path) {
    JsonNode node = root;
    for (String step : path.split("\\.")) {
      node = node.isArray() ? node.path(Integer.parseInt(step)) : node.path(step);
    }
    return node;
  }
}
