package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.InstanceProvider;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.task.Task;
import dev.spillway.batch.execution.task.TaskExecutor;
import dev.spillway.batch.execution.task.TaskFactory;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Turns effects into calls of the executor and the instance provider. */
public final class AttemptRunner implements Consumer<Effect> {
  private final TaskExecutor executor;
  private final InstanceProvider provider;
  private final JobDetails details;
  private final TaskFactory tasks;

  /** Where the container of a job is kept. */
  public interface JobDetails {
    Map<String, JobDetail> of(Collection<String> jobIds);
  }

  public AttemptRunner(
      TaskExecutor executor, InstanceProvider provider, JobDetails details, TaskFactory tasks) {
    this.executor = executor;
    this.provider = provider;
    this.details = details;
    this.tasks = tasks;
  }

  @Override
  public void accept(Effect effect) {
    switch (effect) {
      case Effect.Start(Job job) -> executor.start(task(job), Optional.empty());
      case Effect.StartOn(Job job, Instance host) -> executor.start(task(job), Optional.of(host));
      case Effect.Stop(AttemptId attempt, Optional<Duration> grace) ->
          executor.stop(attempt, grace);
      case Effect.Forget(AttemptId attempt) -> executor.forget(attempt);
      case Effect.Launch(Instance instance) -> provider.launch(instance);
      case Effect.Terminate(Instance instance) -> provider.terminate(instance);
    }
  }

  private Task task(Job job) {
    return tasks.of(job, details.of(List.of(job.id())).get(job.id()));
  }

  /** Called once at a start, as {@link TaskExecutor#recover} is. */
  Set<AttemptId> recover(List<Job> starting, List<Job> running, Map<AttemptId, Instance> onHosts) {
    return executor.recover(tasks(starting), tasks(running), onHosts);
  }

  private List<Task> tasks(List<Job> jobs) {
    Map<String, JobDetail> kept = details.of(jobs.stream().map(Job::id).toList());
    List<Task> all = new ArrayList<>(jobs.size());
    jobs.forEach(job -> all.add(tasks.of(job, kept.get(job.id()))));
    return all;
  }
}
