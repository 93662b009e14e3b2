package dev.spillway.benchmarks;

import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.scheduling.Decision;
import dev.spillway.batch.scheduling.Scheduler;
import dev.spillway.batch.scheduling.Snapshot;
import dev.spillway.batch.scheduling.WaitingJob;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One pass of the scheduler that places {@value #PLACES} of the jobs that wait, which have 100
 * shapes, on {@value #INSTANCES} instances. The figure is placements a second on one thread; it
 * should depend neither on how many wait nor, by more than a factor of two, on fair share.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SchedulerPass {
  private static final int PLACES = 10_000;
  private static final int SHAPES = 100;
  private static final int INSTANCES = 1_000;

  /** Like an m5.16xlarge. */
  private static final Size INSTANCE = new Size(64_000, 256 * 1024, 0);

  /** Jobs that wait. */
  @Param({"10000", "1000000"})
  public int waiting;

  @Param({"fifo", "2 shares", "1000 shares", "1000 priorities"})
  public String order;

  private Snapshot snapshot;

  @Setup
  public void fill() {
    JobSpec.Needs[] shapes = new JobSpec.Needs[SHAPES];
    for (int i = 0; i < SHAPES; i++) {
      shapes[i] = JobSpec.Needs.of(1000 * (1 + i % 10), 256 * (1 + i / 10));
    }
    int lanes = order.endsWith("shares") ? Integer.parseInt(order.split(" ")[0]) : 1;
    int priorities = order.endsWith("priorities") ? 1000 : 1;
    List<List<List<WaitingJob>>> jobs = new ArrayList<>();
    for (int l = 0; l < lanes; l++) {
      List<List<WaitingJob>> lane = new ArrayList<>();
      for (int s = 0; s < SHAPES; s++) {
        lane.add(new ArrayList<>());
      }
      jobs.add(lane);
    }
    for (int i = 0; i < waiting; i++) {
      // Each lane gets all shapes, mixed.
      int shape = (int) ((i / lanes * 31L + i % lanes) % SHAPES);
      jobs.get(i % lanes)
          .get(shape)
          .add(new WaitingJob(Records.id(i), i * 7919 % priorities, i, Records.T0));
    }
    List<Snapshot.Lane> queue = new ArrayList<>();
    for (int l = 0; l < lanes; l++) {
      List<Snapshot.Group> groups = new ArrayList<>();
      for (int s = 0; s < SHAPES; s++) {
        List<WaitingJob> its = jobs.get(l).get(s);
        if (!its.isEmpty()) {
          its.sort(
              Comparator.comparingInt(WaitingJob::priority)
                  .reversed()
                  .thenComparingLong(WaitingJob::order));
          groups.add(new Snapshot.Group(shapes[s], Optional.empty(), its.size(), its));
        }
      }
      groups.sort(
          Comparator.comparing(
              (Snapshot.Group g) -> g.waiting().iterator().next(),
              Comparator.comparingInt(WaitingJob::priority)
                  .reversed()
                  .thenComparingLong(WaitingJob::order)));
      queue.add(new Snapshot.Lane("share" + l, 1 + l % 5, l % 7, 0, groups));
    }
    List<Snapshot.Instance> instances = new ArrayList<>();
    for (int i = 0; i < INSTANCES; i++) {
      instances.add(new Snapshot.Instance("i-" + i, INSTANCE, INSTANCE, true));
    }
    long all = INSTANCES * INSTANCE.vcpuMillis();
    snapshot =
        new Snapshot(
            Records.T0,
            List.of(
                new Snapshot.Queue(
                    "q", List.of("ce"), queue, Snapshot.Limit.NONE, Optional.empty())),
            Map.of(
                "ce",
                new Snapshot.Environment(
                    "ce",
                    true,
                    all,
                    0,
                    Optional.of(new Snapshot.Fleet(instances, Snapshot.Growth.NONE)),
                    false,
                    List.of())),
            Map.of());
  }

  @Benchmark
  @OperationsPerInvocation(PLACES)
  public List<Decision> pass() {
    List<Decision> decisions = Scheduler.decide(snapshot);
    if (decisions.size() < PLACES) {
      throw new IllegalStateException("decided " + decisions.size() + " of " + PLACES);
    }
    return decisions;
  }
}
