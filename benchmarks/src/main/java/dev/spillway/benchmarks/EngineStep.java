package dev.spillway.benchmarks;

import dev.spillway.batch.Arns;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Effect;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.EngineLimits;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
 * The engine's pure step in a steady state: each step takes {@value #BATCH} submits and the starts
 * and ends of as many jobs, and places as many. The figure is whole jobs a second on one thread,
 * without the store. It should not depend on the backlog.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class EngineStep {
  private static final int BATCH = 100;

  /** Jobs that wait all the while. */
  @Param({"1000", "100000"})
  public int backlog;

  private Engine engine;
  private long submitted;
  private Instant now = Instant.ofEpochSecond(1_800_000_000);
  private List<AttemptId> placed = List.of();

  @Setup
  public void fill() {
    var arns = new Arns("us-east-1", "123456789012");
    var environment =
        new ComputeEnvironment(
            "ce",
            "2f1c0000-0000-4000-8000-000000000000",
            ComputeEnvironment.State.ENABLED,
            ComputeEnvironment.Status.VALID,
            BATCH,
            false,
            now,
            1,
            "{}");
    var queue =
        new JobQueue(
            "q",
            JobQueue.State.ENABLED,
            JobQueue.Status.VALID,
            1,
            List.of("ce"),
            false,
            now,
            1,
            "{}");
    engine =
        new Engine(
            new EngineLimits(arns, BATCH, BATCH * 64L, Duration.ofDays(7)),
            new Loaded(
                List.of(environment),
                List.of(queue),
                List.of(),
                List.of(),
                new Step.Counters(0, 0)));
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < backlog + BATCH; i++) {
      commands.add(submit());
    }
    placed = attempts(engine.handle(commands, now));
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Step step() {
    now = now.plusMillis(1);
    List<Command> commands = new ArrayList<>(3 * BATCH);
    for (AttemptId attempt : placed) {
      commands.add(submit());
      commands.add(new Command.AttemptSeen(new ExecutionEvent.Started(attempt, "1", now)));
      commands.add(
          new Command.AttemptSeen(
              new ExecutionEvent.Exited(attempt, OptionalInt.of(0), Optional.empty(), now)));
    }
    Step step = engine.handle(commands, now);
    placed = attempts(step);
    if (placed.size() != BATCH) {
      throw new IllegalStateException("placed " + placed.size() + " of " + BATCH);
    }
    return step;
  }

  private static List<AttemptId> attempts(Step step) {
    return step.effects().stream()
        .filter(Effect.Start.class::isInstance)
        .map(e -> ((Effect.Start) e).job())
        .map(job -> new AttemptId(job.id(), job.attempt()))
        .toList();
  }

  private Command submit() {
    return new Command.SubmitJob(
        new JobSpec(
            "00000000-0000-4000-8000-%012x".formatted(submitted++),
            "job",
            "q",
            "arn:aws:batch:us-east-1:123456789012:job-definition/d:1",
            now,
            1000,
            64,
            RetryRules.NONE,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            "{}"),
        Map.of(),
        engine.version());
  }
}
