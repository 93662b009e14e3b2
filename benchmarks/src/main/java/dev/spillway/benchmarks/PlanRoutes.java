package dev.spillway.benchmarks;

import dev.spillway.dispatch.routing.Ahead;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Router;
import dev.spillway.dispatch.routing.SeenStarts;
import dev.spillway.dispatch.routing.Situation;
import dev.spillway.dispatch.routing.Starts;
import dev.spillway.dispatch.routing.TaskProfile;
import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.prediction.Run;
import dev.spillway.dispatch.routing.prediction.RunHistory;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One decision: rules, forecasts, prices and order of every route, without the words. The time and
 * the allocation should not depend on how many runs were seen.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PlanRoutes {
  private static final String ARCHITECTURE = "x86_64";

  /** Runs of the workload before. */
  @Param({"0", "8", "64", "100000"})
  public int runs;

  /** Queues: Fargate alone, or one of each kind, which makes five routes. */
  @Param({"1", "4"})
  public int queues;

  private Router router;
  private Workload workload;
  private List<BatchQueue> offered;
  private RunHistory history = RunHistory.NONE;
  private TaskProfile task;
  private Starts starts;

  @Setup
  public void learn() {
    router = DispatchDefaults.routing(4).router();
    workload =
        new Workload(
            "resize",
            Optional.of(
                new Workload.FunctionForm("resize", 900, 1769, 512, ARCHITECTURE, "zip", false)),
            Optional.of(
                new Workload.JobForm("resize", "image", 1, 2048, 0, false, 1, Optional.empty())),
            Optional.empty(),
            Map.of(),
            Map.of());
    offered =
        List.of(
                new BatchQueue("fargate", Route.BATCH_FARGATE, 1, 64),
                new BatchQueue("thin", Route.BATCH_FARGATE_SPOT, 1, 64),
                new BatchQueue("steady", Route.BATCH_EC2, 1, 64),
                new BatchQueue("night", Route.BATCH_SPOT, 1, 64))
            .subList(0, queues);
    SeenStarts soon =
        SeenStarts.NONE
            .with(2, Instant.EPOCH)
            .with(2, Instant.EPOCH.plusSeconds(2))
            .with(2, Instant.EPOCH.plusSeconds(4));
    Map<Starts.Place, SeenStarts> seen =
        Map.of(
            new Starts.Place(Route.FUNCTION, "resize", false), soon,
            new Starts.Place(Route.BATCH_FARGATE, "fargate", false), soon,
            new Starts.Place(Route.BATCH_SPOT, "night", true), soon);
    starts = place -> seen.getOrDefault(place, SeenStarts.NONE).seconds();
    Random random = new Random(1);
    for (int i = 0; i < runs; i++) {
      long input = 1_000_000L * (1 + random.nextInt(1_000));
      double seconds = input / 2e6 * Math.exp(0.3 * random.nextGaussian());
      Run.Kind kind = random.nextBoolean() ? Run.Kind.FUNCTION : Run.Kind.JOB;
      history =
          history.with(
              new Run(seconds, input, 300, 0, kind, false, false),
              new PlannedWith(i, OptionalDouble.of(500), OptionalDouble.empty()));
    }
    task =
        new TaskProfile(
            new TaskProfile.Time(Optional.empty(), Optional.empty()),
            new TaskProfile.Needs(
                OptionalDouble.empty(), OptionalLong.empty(), OptionalLong.empty(), 0, false, 1),
            new TaskProfile.Form(Optional.empty(), Optional.empty(), false),
            100,
            40_000_000,
            false,
            new TaskProfile.Wishes(
                List.of(), 1, Optional.empty(), Objective.COST, Optional.empty()),
            1);
  }

  @Benchmark
  public RoutePlan plan() {
    return router.plan(
        task, workload, new Situation(offered, Load.UNKNOWN, starts, Ahead.NONE), history);
  }
}
