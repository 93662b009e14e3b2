package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.RoutingSettings;
import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Limits;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.cost.Prices;
import dev.spillway.dispatch.routing.cost.StartTimes;
import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.routing.cost.Tariffs;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a trace does not say and a cost depends on. Every task has the same size.
 *
 * @param functionMemoryMib MiB
 * @param functionStart before a function's code runs
 * @param functionLimit after which a function is ended
 * @param functionMargin that the router keeps to that limit
 * @param vcpus of a Fargate task
 * @param memoryMib of a Fargate task, MiB
 * @param fargateBilledStart before its code runs, billed
 * @param fargateWait before its code runs
 * @param useHints true when what a trace's users asked for is given to the router
 */
public record Assumptions(
    long functionMemoryMib,
    Duration functionStart,
    Duration functionLimit,
    Duration functionMargin,
    double vcpus,
    long memoryMib,
    Duration fargateBilledStart,
    Duration fargateWait,
    boolean useHints) {
  /** One vCPU a task. */
  public static final Assumptions DEFAULT =
      new Assumptions(
          1769,
          Duration.ofMillis(200),
          Duration.ofSeconds(900),
          Duration.ZERO,
          1,
          2048,
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          false);

  /** The same sizes under the limits and start-up times of a server. */
  public static Assumptions under(RoutingSettings settings) {
    return new Assumptions(
        DEFAULT.functionMemoryMib,
        settings.starts().function(),
        settings.limits().functionTimeout(),
        settings.limits().functionMargin(),
        DEFAULT.vcpus,
        DEFAULT.memoryMib,
        settings.starts().fargateBilled(),
        settings.starts().fargate(),
        DEFAULT.useHints);
  }

  private static final String ARCHITECTURE = "x86_64";

  /** The one queue of the simulated world. */
  static BatchQueue queue(Capacity capacity) {
    return new BatchQueue(
        "simulated", Route.BATCH_FARGATE, 1, capacity.maxVcpus().orElse(Integer.MAX_VALUE));
  }

  /** A workload that has both forms. */
  Workload workload() {
    return new Workload(
        "simulated",
        Optional.of(
            new Workload.FunctionForm(
                "simulated",
                (int) functionLimit.toSeconds(),
                (int) functionMemoryMib,
                512,
                ARCHITECTURE,
                "zip",
                false)),
        Optional.of(
            new Workload.JobForm(
                "simulated", "simulated", vcpus, memoryMib, 0, false, 1, Optional.empty())),
        Optional.empty(),
        Map.of(),
        Map.of());
  }

  /** The settings with these assumptions in their places. */
  RoutingSettings over(RoutingSettings settings) {
    Limits l = settings.limits();
    return new RoutingSettings(
        new Limits(
            functionLimit,
            functionMargin,
            l.functionMemoryMib(),
            l.functionDiskMib(),
            l.mibPerVcpu(),
            l.payloadBytes(),
            l.batchLeastTimeout(),
            l.fargateVcpus(),
            l.fargateMemoryMib(),
            l.fargateDiskMib(),
            l.maxHops()),
        settings.prices(),
        new StartTimes(
            functionStart,
            settings.starts().functionBilled(),
            fargateWait,
            fargateBilledStart,
            settings.starts().job(),
            settings.starts().instance(),
            settings.starts().instanceIdle()),
        settings.firstSight(),
        settings.objective(),
        settings.canary());
  }

  Tariff function(Tariffs tariffs) {
    return tariffs.function(functionMemoryMib, 512, ARCHITECTURE, functionLimit.toSeconds());
  }

  Tariff batch(Tariffs tariffs) {
    return tariffs
        .fargate(new Prices.Size(vcpus, memoryMib, 512, 0, ARCHITECTURE), false, 0)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Fargate sells no size with "
                        + Amounts.vcpus(vcpus)
                        + " and "
                        + Amounts.mib(memoryMib)
                        + ". Choose less, or a size of its table."));
  }

  /** One sentence, printed with every result. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "Assumed: %s a task, function %,d MB, %s start, %s limit%s; Fargate %s + %s, 60 s minimum, %s billed start, %s wait; a task that times out is run again in full on Batch.",
        Amounts.vcpus(vcpus),
        functionMemoryMib,
        Amounts.time(functionStart),
        functionLimit.toSeconds() + " s",
        functionMargin.isZero()
            ? ""
            : " less a margin of " + Amounts.time(functionMargin) + " in plans",
        Amounts.vcpus(vcpus),
        Amounts.mib(memoryMib),
        Amounts.time(fargateBilledStart),
        Amounts.time(fargateWait));
  }
}
