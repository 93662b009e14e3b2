package dev.spillway.dispatch.routing.cost;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * List prices of one region, Linux, USD, without free tiers and discounts of the account.
 *
 * @param compiled when they were collected, as the file says; shown with every estimate
 * @param functions by architecture ({@code x86_64}, {@code arm64})
 * @param fargate by architecture, on demand
 * @param fargateSpot by architecture
 */
public record Prices(
    String region,
    String compiled,
    FunctionStorage storage,
    double functionRequest,
    Map<String, Double> functions,
    Map<String, Fargate> fargate,
    Map<String, Fargate> fargateSpot,
    FargateStorage fargateStorage,
    Catalogue catalogue) {

  public Prices {
    functions = Map.copyOf(functions);
    fargate = Map.copyOf(fargate);
    fargateSpot = Map.copyOf(fargateSpot);
  }

  /**
   * The same types twice, cheapest first, so that the first that holds a task is the cheapest.
   *
   * @param onDemand by the price on demand
   * @param spot by the price on Spot
   */
  public record Catalogue(List<InstanceType> onDemand, List<InstanceType> spot) {
    /** Of types in any order. */
    public static Catalogue of(List<InstanceType> types) {
      return new Catalogue(cheapestFirst(types, false), cheapestFirst(types, true));
    }

    private static List<InstanceType> cheapestFirst(List<InstanceType> types, boolean spot) {
      return types.stream()
          .sorted(
              Comparator.<InstanceType>comparingDouble(type -> type.hour(spot))
                  .thenComparing(InstanceType::onDemandHour)
                  .thenComparing(InstanceType::name))
          .toList();
    }
  }

  /**
   * A function's scratch space.
   *
   * @param gbSecond USD for each GB and second over what is free
   * @param freeMib comes with every function
   */
  public record FunctionStorage(double gbSecond, long freeMib) {}

  /**
   * Fargate, USD an hour.
   *
   * @param reclaimedAMonth share of its Spot tasks that are reclaimed in a month, 0 to 1
   */
  public record Fargate(double vcpuHour, double gbHour, double reclaimedAMonth) {}

  /** A Fargate task's scratch space: USD for each GB and hour over what is free. */
  public record FargateStorage(double gbHour, double freeGb) {}

  /**
   * An EC2 instance type.
   *
   * @param spotSaving share of the on-demand price that Spot saves, 0 to 1
   * @param reclaimedAMonth share of its Spot instances that are reclaimed in a month, 0 to 1
   */
  public record InstanceType(
      String name,
      double vcpus,
      long memoryMib,
      String architecture,
      int gpus,
      double onDemandHour,
      double spotSaving,
      double reclaimedAMonth) {
    /** What the operating system and the agent keep for themselves. */
    private static final long KEPT_MIB = 512;

    /** USD an hour. */
    public double hour(boolean spot) {
      return spot ? onDemandHour * (1 - spotSaving) : onDemandHour;
    }

    long usableMib() {
      return memoryMib - KEPT_MIB;
    }

    boolean holds(Size size) {
      return vcpus >= size.vcpus()
          && usableMib() >= size.memoryMib()
          && gpus >= size.gpus()
          && architecture.equals(size.architecture());
    }

    /** Part of the instance that a task of this size takes from others, up to 1. */
    double part(Size size) {
      double gpu = gpus == 0 ? 0 : (double) size.gpus() / gpus;
      return Math.max(gpu, Math.max(size.vcpus() / vcpus, (double) size.memoryMib() / usableMib()));
    }
  }

  /** What a task asks for. */
  public record Size(double vcpus, long memoryMib, long diskMib, int gpus, String architecture) {}

  /**
   * The type with the least price that holds a task of this size, which is what Batch starts for a
   * job alone; null when none does.
   *
   * @param named types or families that the environment allows; empty or {@code optimal} means the
   *     general ones
   */
  InstanceType cheapest(Size size, List<String> named, boolean spot) {
    boolean any = named.isEmpty() || named.contains("optimal");
    for (InstanceType type : spot ? catalogue.spot() : catalogue.onDemand()) {
      if (type.holds(size) && (any ? general(type, size) : allowed(type, named))) {
        return type;
      }
    }
    return null;
  }

  /** What {@code optimal} stands for; a GPU only where one is asked for. */
  private static boolean general(InstanceType type, Size size) {
    return size.gpus() > 0
        ? type.gpus() > 0
        : type.gpus() == 0
            && "cmr".indexOf(type.name().charAt(0)) >= 0
            && Character.isDigit(type.name().charAt(1));
  }

  private static boolean allowed(InstanceType type, List<String> named) {
    for (String name : named) {
      if (type.name().equals(name)
          || (type.name().startsWith(name) && type.name().charAt(name.length()) == '.')) {
        return true;
      }
    }
    return false;
  }
}
