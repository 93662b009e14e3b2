package dev.spillway.batch.replay;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.Arns;
import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.EngineLimits;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobqueue.JobQueue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * AWS Batch in pretend time: jobs of known length through the real engine's scheduler and scaling.
 * The caller moves the time, from event to event: submit what is to be submitted now, look when the
 * {@link #next} thing happens, {@link #advance} to it.
 *
 * <p>Shape: the same calls give the same moves; nothing is written, nothing sleeps. Not safe for
 * threads; two are independent. A job is tried once. <br>
 * Units: milliseconds; what is finer is cut off. <br>
 * Errors: {@link IllegalArgumentException} for a job that no environment of its queue has the vCPUs
 * for, and for names that are not there. A job for which no instance type has the memory stays
 * RUNNABLE, as on AWS.
 */
public final class VirtualBatch {
  private static final long MILLIS = 1000;

  /** So much that only environments limit what runs. */
  private static final Size HOST = new Size(1L << 40, 1L << 40, 0);

  private final Arns arns = new Arns("us-east-1", "123456789012");
  private final VirtualEngine engine;
  private final Map<String, Integer> maxVcpus = new HashMap<>();
  private final Map<String, Integer> widest = new HashMap<>();
  private final Map<String, Duration> runs = new HashMap<>();
  private final Map<String, QueueUse> uses = new HashMap<>();
  private List<JobMove> moves = new ArrayList<>();

  /** Source: API ComputeResource, type. */
  public enum Kind {
    EC2,
    SPOT,
    FARGATE,
    FARGATE_SPOT
  }

  /**
   * A Batch without environments.
   *
   * @param instanceStart from the launch of an instance until it takes jobs
   * @param jobStart from a job's placement until its container is up
   */
  public VirtualBatch(Instant start, Duration instanceStart, Duration jobStart) {
    this.engine =
        new VirtualEngine(
            new EngineLimits(arns, HOST, Duration.ofDays(7), CapacitySettings.DEFAULT),
            start,
            new VirtualEngine.Times(_ -> jobStart, job -> runs.get(job.id())),
            VirtualEngine.upAfter(instanceStart));
    engine.watch(this::seen);
  }

  /**
   * Makes an environment with {@code minvCpus} 0.
   *
   * @param instanceTypes of EC2 and SPOT: types, families, {@code optimal}; empty for Fargate
   */
  public void createComputeEnvironment(
      String name, Kind kind, int vcpus, List<String> instanceTypes) {
    ObjectNode detail = JsonNodeFactory.instance.objectNode().put("type", "MANAGED");
    ObjectNode resources =
        detail.putObject("computeResources").put("type", kind.name()).put("maxvCpus", vcpus);
    if (!instanceTypes.isEmpty()) {
      ArrayNode types = resources.put("minvCpus", 0).putArray("instanceTypes");
      instanceTypes.forEach(types::add);
    }
    String uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    engine.tell(
        new Command.CreateComputeEnvironment(
            ComputeEnvironment.created(name, uuid, engine.now(), detail.toString())));
    engine.tell(); // it is VALID in the step after its creation
    maxVcpus.put(name, vcpus);
  }

  /**
   * Makes a queue: first come, first served.
   *
   * @param priority higher is served first
   * @param environments in the order in which they are filled
   */
  public void createJobQueue(String name, int priority, List<String> environments) {
    for (String environment : environments) {
      if (!maxVcpus.containsKey(environment)) {
        throw new IllegalArgumentException(
            "There is no compute environment %s to make the job queue %s on; create it first."
                .formatted(environment, name));
      }
    }
    engine.tell(
        new Command.CreateJobQueue(
            new JobQueue(
                name,
                JobQueue.State.ENABLED,
                JobQueue.Status.CREATING,
                priority,
                environments,
                false,
                Optional.empty(),
                engine.now(),
                1,
                "{\"tags\":{}}")));
    widest.put(name, environments.stream().mapToInt(maxVcpus::get).max().orElse(0));
    uses.put(name, new QueueUse());
  }

  /**
   * Submits a job now; it may be placed at once, which the next {@link #advance} tells.
   *
   * @param run how long its container will run
   */
  public void submit(String jobId, String queue, double vcpus, long memoryMib, Duration run) {
    if (!widest.containsKey(queue)) {
      throw new IllegalArgumentException(
          "There is no job queue %s to submit job %s to; create it first.".formatted(queue, jobId));
    }
    if (vcpus > widest.get(queue)) {
      throw new IllegalArgumentException(
          "Job %s asks for %s vCPUs; no compute environment of job queue %s has more than %d. Ask for less, or raise maxvCpus."
              .formatted(jobId, vcpus, queue, widest.get(queue)));
    }
    runs.put(jobId, run);
    var needs = new JobSpec.Needs(new Size(Math.round(vcpus * MILLIS), memoryMib, 0), 1, List.of());
    engine.tell(
        VirtualEngine.submit(
            new JobSpec(
                jobId,
                jobId,
                queue,
                arns.jobDefinition("virtual:1"),
                engine.now(),
                needs,
                RetryRules.NONE,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                JobSpec.Share.NONE,
                Optional.empty())));
  }

  /** CancelJob: a job that has no place yet ends; one that has goes on. */
  public void cancel(String jobId, String reason) {
    engine.tell(new Command.CancelJob(jobId, reason));
  }

  /** How far it has come. */
  public Instant now() {
    return engine.now();
  }

  /** When to look again at the latest; empty when there is no job. */
  public Optional<Instant> next() {
    if (!moves.isEmpty()) {
      return Optional.of(engine.now());
    }
    if (engine.engine().liveJobs().isEmpty()) {
      return Optional.empty();
    }
    Instant next = engine.next();
    return Optional.of(next.isBefore(engine.now()) ? engine.now() : next);
  }

  /** Goes on until then, and tells what happened since it was asked last, in its order. */
  public List<JobMove> advance(Instant until) {
    engine.run(until);
    List<JobMove> told = moves;
    moves = new ArrayList<>();
    return told;
  }

  /** How busy a queue is now. */
  public Load load(String queue) {
    QueueUse use = uses.get(queue);
    if (use == null) {
      throw new IllegalArgumentException("There is no job queue " + queue + ".");
    }
    return use.load(engine.now());
  }

  /**
   * How busy a queue is.
   *
   * @param runnable jobs that wait for a place
   * @param vcpus that jobs hold
   * @param meanHeldSeconds how long a job held its place, in the mean of those that ended; of those
   *     that hold one as long as none has ended; 0 when there was none
   */
  public record Load(int runnable, double vcpus, double meanHeldSeconds) {}

  private void seen(Event event) {
    if (event instanceof Event.JobChanged(Job before, Job after)) {
      uses.get(after.spec().jobQueue()).moved(before, after, engine.now());
      switch (after.state()) {
        case JobState.Starting s -> moves.add(new JobMove.Starting(after.id(), s.on().placedAt()));
        case JobState.Running r when !(before.state() instanceof JobState.Running) ->
            moves.add(new JobMove.Running(after.id(), r.startedAt()));
        case JobState.Succeeded s -> ended(after, s.stoppedAt(), Optional.empty());
        case JobState.Failed f -> ended(after, f.stoppedAt(), Optional.of(f.statusReason()));
        case JobState.Running _,
            JobState.Submitted _,
            JobState.Pending _,
            JobState.Fanned _,
            JobState.Runnable _ -> {}
      }
    }
  }

  private void ended(Job job, Instant at, Optional<String> failure) {
    runs.remove(job.id());
    moves.add(new JobMove.Ended(job.id(), at, failure));
  }
}
