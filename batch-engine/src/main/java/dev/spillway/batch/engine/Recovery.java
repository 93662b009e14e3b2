package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.Stop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares the store with the world at a start: adopts what runs, starts what never did. */
public final class Recovery {
  private Recovery() {}

  /**
   * What follows from the comparison.
   *
   * @param found told to the engine first
   * @param adopted attempts that the executor has taken over, or will report as lost
   */
  public record Result(Command found, List<Effect> effects, int adopted, int startedAgain) {}

  /** Called once, when the executor is listened to, and before the first step. */
  public static Result run(
      Iterable<Job> liveJobs, Collection<Instance> hosts, AttemptRunner runner) {
    List<Job> starting = new ArrayList<>();
    List<Job> running = new ArrayList<>();
    List<AttemptId> toStop = new ArrayList<>();
    Map<String, Instance> byId =
        hosts.stream()
            .filter(i -> i.host().isPresent())
            .collect(Collectors.toMap(Instance::id, Function.identity()));
    Map<AttemptId, Instance> onHosts = new HashMap<>();
    for (Job job : liveJobs) {
      AttemptId attempt = new AttemptId(job.id(), job.attempt());
      Optional<Stop> stop = Optional.empty();
      switch (job.state()) {
        case JobState.Starting s -> {
          starting.add(job);
          stop = s.stop();
        }
        case JobState.Running r -> {
          running.add(job);
          stop = r.stop();
        }
        case JobState _ -> {}
      }
      job.placement(job.attempt())
          .map(on -> byId.get(on.instanceId()))
          .filter(_ -> job.status() == JobStatus.STARTING || job.status() == JobStatus.RUNNING)
          .ifPresent(host -> onHosts.put(attempt, host));
      if (stop.isPresent()) {
        toStop.add(attempt);
      }
    }
    Set<AttemptId> noTrace = runner.recover(starting, running, onHosts);
    toStop.removeAll(noTrace);
    return new Result(
        new Command.Recovered(noTrace),
        toStop.stream().<Effect>map(Effect.Stop::new).toList(),
        starting.size() + running.size() - noTrace.size(),
        noTrace.size());
  }
}
