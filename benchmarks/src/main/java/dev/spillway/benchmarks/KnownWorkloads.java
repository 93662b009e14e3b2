package dev.spillway.benchmarks;

import dev.spillway.dispatch.routing.prediction.Run;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much memory it takes to know many workloads, each by as many runs as are ever remembered.
 *
 * <p>{@code KnownWorkloads [workloads]}; run it with {@code -Xmx1g} to see that a million fit.
 */
public final class KnownWorkloads {
  private static final int MIB = 1 << 20;

  private KnownWorkloads() {}

  public static void main(String[] args) {
    int workloads = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    long before = used();
    Map<String, RunHistory> known = new ConcurrentHashMap<>();
    RunHistory full = RunHistory.NONE;
    for (int run = 0; run < 2 * RunHistory.KEPT; run++) {
      full =
          full.with(
              Run.of(1 + run, run * 1_000L, Run.Kind.JOB),
              new PlannedWith(run, OptionalDouble.of(100), OptionalDouble.of(50)));
    }
    long[] words = full.toWords();
    for (int i = 0; i < workloads; i++) {
      known.put("workload-" + i, RunHistory.of(words));
    }
    long bytes = used() - before;
    System.out.printf(
        Locale.ROOT,
        "%,d workloads of %d runs each: %,d MiB, %d bytes each%n",
        known.size(),
        RunHistory.KEPT,
        bytes / MIB,
        bytes / workloads);
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
