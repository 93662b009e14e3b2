package dev.spillway.batch.engine;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Stop;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares the store with the world at a start: adopts what runs, starts what never did. */
public final class Recovery {
  private Recovery() {}

  /**
   * What follows from the comparison.
   *
   * @param ends told to the engine first: attempts that were to stop before they ever started
   * @param adopted attempts that the executor has taken over, or will report as lost
   */
  public record Result(List<Command> ends, List<Effect> effects, int adopted, int startedAgain) {}

  /** Called once, after {@link Executor#listen} and before the first step. */
  public static Result run(Iterable<Job> liveJobs, Executor executor, Instant now) {
    Map<AttemptId, Job> starting = new LinkedHashMap<>();
    Set<AttemptId> running = new LinkedHashSet<>();
    List<AttemptId> toStop = new ArrayList<>();
    for (Job job : liveJobs) {
      AttemptId attempt = new AttemptId(job.id(), job.attempt());
      Optional<Stop> stop = Optional.empty();
      switch (job.state()) {
        case JobState.Starting s -> {
          starting.put(attempt, job);
          stop = s.stop();
        }
        case JobState.Running r -> {
          running.add(attempt);
          stop = r.stop();
        }
        case JobState _ -> {}
      }
      if (stop.isPresent()) {
        toStop.add(attempt);
      }
    }
    Set<AttemptId> noTrace = executor.recover(starting.keySet(), running);
    List<Command> ends = new ArrayList<>();
    List<Effect> effects = new ArrayList<>();
    for (AttemptId attempt : starting.keySet()) {
      if (!noTrace.contains(attempt)) {
        continue;
      }
      if (toStop.remove(attempt)) {
        ends.add(
            new Command.AttemptSeen(
                new ExecutionEvent.StartFailed(attempt, "Stopped before it started", now)));
      } else {
        effects.add(new Effect.Start(starting.get(attempt)));
      }
    }
    int startedAgain = effects.size();
    toStop.forEach(attempt -> effects.add(new Effect.Stop(attempt)));
    return new Result(
        ends, effects, starting.size() + running.size() - noTrace.size(), startedAgain);
  }
}
