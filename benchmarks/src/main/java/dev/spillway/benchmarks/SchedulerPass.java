package dev.spillway.benchmarks;

import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.scheduling.Decision;
import dev.spillway.batch.scheduling.Line;
import dev.spillway.batch.scheduling.Scheduler;
import dev.spillway.batch.scheduling.Snapshot;
import dev.spillway.batch.scheduling.WaitingJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
 * shapes. The figure is placements a second on one thread; it should depend neither on how many
 * wait nor, by more than a factor of two, on fair share.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SchedulerPass {
  private static final int PLACES = 10_000;
  private static final int SHAPES = 100;

  /** Jobs that wait. */
  @Param({"10000", "1000000"})
  public int waiting;

  /** 0 is first in, first out; else the share identifiers of a fair-share queue. */
  @Param({"0", "2", "1000"})
  public int shares;

  private Snapshot snapshot;

  @Setup
  public void fill() {
    JobSpec.Needs[] shapes = new JobSpec.Needs[SHAPES];
    for (int i = 0; i < SHAPES; i++) {
      shapes[i] = JobSpec.Needs.of(1000 * (1 + i % 10), 256 * (1 + i / 10));
    }
    int lanes = Math.max(1, shares);
    List<List<WaitingJob>> jobs = new ArrayList<>();
    for (int l = 0; l < lanes; l++) {
      jobs.add(new ArrayList<>(waiting / lanes + 1));
    }
    for (int i = 0; i < waiting; i++) {
      jobs.get(i % lanes).add(new WaitingJob(Records.id(i), shapes[i * 31 % SHAPES], Records.T0));
    }
    List<Snapshot.Lane> queue = new ArrayList<>();
    for (int l = 0; l < lanes; l++) {
      queue.add(new Snapshot.Lane("share" + l, 1 + l % 5, l % 7, 0, jobs.get(l)));
    }
    long room = vcpuMillis(queue);
    snapshot =
        new Snapshot(
            List.of(new Snapshot.Queue("q", List.of("ce"), queue, Snapshot.Limit.NONE)),
            Map.of("ce", new Snapshot.Environment("ce", true, room, 0)),
            Map.of(),
            new Snapshot.Host(Long.MAX_VALUE / 2, Long.MAX_VALUE / 2, 0, 0));
  }

  /** Room for the first of them, as many as a pass should place. */
  private static long vcpuMillis(List<Snapshot.Lane> lanes) {
    var line = new Line(lanes);
    long sum = 0;
    for (int i = 0; i < PLACES; i++) {
      sum += line.next().needs().vcpuMillis();
      line.placed();
    }
    return sum;
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
