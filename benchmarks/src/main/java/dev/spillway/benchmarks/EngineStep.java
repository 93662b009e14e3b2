package dev.spillway.benchmarks;

import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Effect;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
  private Instant now = Records.T0;
  private List<AttemptId> placed = List.of();

  @Setup
  public void fill() {
    engine = new Engine(Records.limits(BATCH), Records.loaded(BATCH));
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
    return Records.submit(
        Records.spec(Records.id(submitted++), now, Optional.empty()), engine.version());
  }
}
