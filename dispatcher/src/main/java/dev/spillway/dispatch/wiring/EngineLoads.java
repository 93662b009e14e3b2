package dev.spillway.dispatch.wiring;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.JobEvents;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.dispatch.routing.BatchQueue;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.QueueState;
import dev.spillway.dispatch.stack.Workloads;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** How busy the queues of the engine in this JVM are: its view is read, nothing is asked. */
final class EngineLoads implements AutoCloseable {
  /** What the newest run counts in the mean. */
  private static final double NEWEST = 0.1;

  private final Supplier<EngineView> engine;
  private final Workloads workloads;
  private final InstantSource clock;
  private final AutoCloseable subscription;
  private final Map<String, Double> runSeconds = new ConcurrentHashMap<>();

  EngineLoads(
      Supplier<EngineView> engine, JobEvents events, Workloads workloads, InstantSource clock) {
    this.engine = engine;
    this.workloads = workloads;
    this.clock = clock;
    this.subscription =
        events.subscribe(
            event -> {
              if (event instanceof OutboxEvent.JobStateChange(_, Job job, _)) {
                learn(job);
              }
            });
  }

  private void learn(Job job) {
    if (job.status().terminal() && !job.attempts().isEmpty()) {
      AttemptRecord last = job.attempts().getLast();
      last.startedAt()
          .ifPresent(
              at -> {
                double ran = seconds(at, last.end().at());
                runSeconds.merge(
                    job.spec().jobQueue(), ran, (mean, _) -> mean + NEWEST * (ran - mean));
              });
    }
  }

  /** What the jobs of a queue, of an environment or of the host come to. Seconds, vCPUs. */
  private static final class Sum {
    private long waitingJobs;
    private double waiting;
    private double used;
    private double up;
    private long running;
    private double ages;

    private void waits(long jobs, double vcpus) {
      waitingJobs += jobs;
      waiting += jobs * vcpus;
    }

    private void runs(double vcpus, double age) {
      used += vcpus;
      running++;
      ages += age;
    }

    private OptionalDouble age() {
      return running == 0 ? OptionalDouble.empty() : OptionalDouble.of(ages / running);
    }
  }

  /** Sums over the live jobs and instances. */
  private static final class Sums {
    private final Map<String, Sum> queues = new HashMap<>();
    private final Map<String, Sum> environments = new HashMap<>();
    private final Sum host = new Sum();

    private Sum queue(String name) {
      return queues.computeIfAbsent(name, _ -> new Sum());
    }

    private Sum environment(String name) {
      return environments.computeIfAbsent(name, _ -> new Sum());
    }
  }

  /** All queues that tasks may be sent to. */
  Map<String, Load> look() {
    EngineView view = engine.get();
    Sums sums = new Sums();
    view.liveJobs().forEach(job -> count(view, job, sums));
    for (Instance instance : view.instances()) {
      if (instance.takesJobs()) {
        sums.environment(instance.computeEnvironment()).up += vcpus(instance.size().vcpuMillis());
      }
    }
    double host = vcpus(view.host().vcpuMillis());
    Map<String, Load> loads = new HashMap<>();
    for (BatchQueue queue : workloads.queues()) {
      view.jobQueue(queue.name())
          .flatMap(q -> load(view, q, sums, host))
          .ifPresent(load -> loads.put(queue.name(), load));
    }
    return loads;
  }

  private void count(EngineView view, Job job, Sums sums) {
    double vcpus = vcpus(job.spec().needs().vcpuMillis());
    switch (job.state()) {
      // A child that waits is counted with its parent.
      case JobState.Runnable _ when job.spec().child().isEmpty() ->
          sums.queue(job.spec().jobQueue()).waits(1, vcpus);
      case JobState.Fanned _ ->
          sums.queue(job.spec().jobQueue())
              .waits(job.children().map(c -> c.count(JobStatus.RUNNABLE)).orElse(0), vcpus);
      case JobState.Starting starting -> {
        sums.environment(starting.on().computeEnvironment()).used += vcpus;
        if (view.awaitsSlot(job.id())) {
          sums.host.waits(1, vcpus);
        } else {
          sums.host.used += vcpus;
        }
      }
      case JobState.Running running -> {
        double age = seconds(running.startedAt(), clock.instant());
        sums.environment(running.on().computeEnvironment()).runs(vcpus, age);
        sums.queue(job.spec().jobQueue()).runs(vcpus, age);
        sums.host.runs(vcpus, age);
      }
      case JobState.Submitted _,
          JobState.Pending _,
          JobState.Runnable _,
          JobState.Succeeded _,
          JobState.Failed _ -> {}
    }
  }

  private Optional<Load> load(EngineView view, JobQueue queue, Sums sums, double hostVcpus) {
    if (queue.computeEnvironments().isEmpty()) {
      return Optional.empty();
    }
    String first = queue.computeEnvironments().getFirst();
    Optional<ComputeEnvironment> environment = view.computeEnvironment(first);
    if (environment.isEmpty()) {
      return Optional.empty();
    }
    Sum there = sums.environment(first);
    long jobs = 0;
    double vcpus = 0;
    for (JobQueue other : ahead(view, queue, first)) {
      jobs += sums.queue(other.name()).waitingJobs;
      vcpus += sums.queue(other.name()).waiting;
    }
    OptionalDouble ended = ended(queue);
    OptionalDouble ages = sums.queue(queue.name()).age();
    double most =
        environment.get().resources().maxVcpus() > 0
            ? environment.get().resources().maxVcpus()
            : there.up;
    Load inQueue = new QueueState(most, there.up, there.used, jobs, vcpus, ended, ages).load();
    // Placed jobs of all queues share this host.
    Load onHost =
        new QueueState(
                hostVcpus,
                hostVcpus,
                sums.host.used,
                jobs + sums.host.waitingJobs,
                vcpus + sums.host.waiting,
                ended,
                ages)
            .load();
    Load narrow = onHost.narrower(inQueue);
    return Optional.of(
        new Load(
            inQueue.up(), narrow.waitSeconds(), narrow.before(), narrow.free(), narrow.most()));
  }

  /** It, and those that the environment serves before it. */
  private static List<JobQueue> ahead(EngineView view, JobQueue queue, String environment) {
    return view.jobQueues().stream()
        .filter(
            other ->
                other.name().equals(queue.name())
                    || (other.priority() > queue.priority()
                        && other.computeEnvironments().contains(environment)))
        .toList();
  }

  private OptionalDouble ended(JobQueue queue) {
    Double known = runSeconds.get(queue.name());
    return known == null ? OptionalDouble.empty() : OptionalDouble.of(known);
  }

  private static double vcpus(long millis) {
    return millis / 1000.0;
  }

  private static double seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toMillis() / 1000.0);
  }

  @Override
  public void close() {
    try {
      subscription.close();
    } catch (Exception e) {
      throw new IllegalStateException("the engine's events could not be let go", e);
    }
  }
}
