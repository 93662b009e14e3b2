package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Catalogue;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.scheduling.Decision;
import dev.spillway.batch.scheduling.Line;
import dev.spillway.batch.scheduling.Scheduler;
import dev.spillway.batch.scheduling.WaitingJob;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Decides what a batch of commands comes to.
 *
 * <p>Shape: the same commands and the same times give the same steps; no I/O, no clock, no random.
 * Not safe for threads: {@link EngineLoop} has the only one. <br>
 * Errors: what a caller did wrong is {@link Outcome.Refused}; an exception is a broken promise of
 * ours. <br>
 * Source: docs/life-of-a-job.md.
 */
public final class Engine {
  private final EngineLimits limits;
  private final EngineState state;
  private final SnapshotMaker snapshots;
  private final CapacityCommands capacity;
  private final ResourceCommands resources;
  private final Heads heads;
  private long version;
  private Step.Counters counters;
  private Instant nextPrune = Instant.EPOCH;
  private Map<String, Step.Waiting> waiting = Map.of();

  public Engine(EngineLimits limits, Loaded loaded) {
    this.limits = limits;
    this.state = new EngineState(limits, loaded);
    this.counters = loaded.counters();
    this.waiting =
        loaded.blocked().stream()
            .collect(Collectors.toMap(Loaded.Blocked::jobQueue, Loaded.Blocked::head));
    Offers offers = new Offers(Catalogue.builtIn(), limits.capacity().market());
    this.snapshots = new SnapshotMaker(state, offers);
    this.capacity = new CapacityCommands(state, offers, snapshots, limits.capacity());
    this.resources = new ResourceCommands(state, offers, capacity);
    this.heads = new Heads(limits.capacity().agesAfter());
  }

  /** Takes the commands in their order, fires what is due, and places what fits. */
  public Step handle(List<Command> batch, Instant instant) {
    Instant now = instant.truncatedTo(ChronoUnit.MILLIS);
    version++;
    Turn turn = new Turn(state, capacity, version, counters.outbox(), now);
    resources.settle(turn);
    fireDeadlines(turn);
    capacity.fireDeadlines(turn);
    if (version > 1) { // at first only what the store remembers is known of the heads
      cancelBlockedHeads(turn);
    }
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    for (Command command : batch) {
      outcomes.add(handle(command, turn));
    }
    if (!turn.events.isEmpty() || version == 1 || capacity.due(now) || heads.due(now)) {
      resources.dropEmptyQueues(turn);
      capacity.sweep(turn);
      Map<String, String> aged = heads.aged(now);
      schedule(aged, turn);
      capacity.scale(aged, turn);
    }
    counters = new Step.Counters(turn.sequence(), counters.order());
    return new Step(
        turn.events,
        turn.outbox,
        counters,
        outcomes,
        turn.effects,
        waiting,
        state.usage().consumables(),
        pruneTime(now));
  }

  /** When something is due, if nothing happens before. */
  public Instant nextDeadline() {
    if (resources.unsettled()) {
      return Instant.EPOCH;
    }
    Instant next = nextPrune;
    for (Optional<Instant> due : List.of(capacity.nextDeadline(), heads.nextDeadline())) {
      if (due.isPresent() && due.get().isBefore(next)) {
        next = due.get();
      }
    }
    if (!state.deadlines().isEmpty() && state.deadlines().first().at().isBefore(next)) {
      next = state.deadlines().first().at();
    }
    for (Map.Entry<String, Step.Waiting> head : waiting.entrySet()) {
      Optional<Instant> limit = state.timeLimit(head.getKey(), head.getValue());
      if (limit.isPresent() && limit.get().isBefore(next)) {
        next = limit.get();
      }
    }
    return next;
  }

  /** Rises by one with each step. */
  public long version() {
    return version;
  }

  /** All jobs that have not ended. */
  public Collection<Job> liveJobs() {
    return state.jobs();
  }

  private Outcome handle(Command command, Turn turn) {
    return switch (command) {
      case Command.SubmitJob submit -> submit(submit, turn);
      case Command.CancelJob(String id, String reason) ->
          ask(id, new JobEvent.CancelRequested(reason, turn.now), turn);
      case Command.TerminateJob(String id, String reason) ->
          ask(id, new JobEvent.TerminateRequested(reason, turn.now), turn);
      case Command.TagJob(String id, String tags) -> {
        turn.emit(new Event.JobTagged(id, tags));
        yield new Outcome.Done();
      }
      case Command.LookAtQueue(String queue, int most) -> front(queue, most, turn.now);
      case Command.AttemptSeen(ExecutionEvent event) -> seen(event, turn);
      case Command.Recovered(Set<AttemptId> noTrace) -> recovered(noTrace, turn);
      case Command.InstanceSeen(CapacityEvent event) -> capacity.seen(event, turn);
      case Command.ReclaimInstance(String id, Optional<Duration> notice) ->
          capacity.reclaim(id, notice, turn);
      case Command.AddHost(Instance host) -> capacity.add(host, turn);
      case Command.RemoveHost(String id, boolean now) -> capacity.removeHost(id, now, turn);
      case Command.CreateComputeEnvironment(ComputeEnvironment e) -> resources.create(e, turn);
      case Command.UpdateComputeEnvironment update -> resources.update(update, turn);
      case Command.DeleteComputeEnvironment(String name) ->
          resources.deleteComputeEnvironment(name, turn);
      case Command.CreateJobQueue(JobQueue queue) -> resources.create(queue, turn);
      case Command.UpdateJobQueue(long from, JobQueue queue) -> resources.update(from, queue, turn);
      case Command.DeleteJobQueue(String name) -> resources.deleteJobQueue(name, turn);
      case Command.RegisterJobDefinition(var definition) -> resources.register(definition, turn);
      case Command.DeregisterJobDefinition(String name, int revision) ->
          resources.deregister(name, revision, turn);
      case Command.TagJobDefinition(JobDefinition was, JobDefinition is) ->
          resources.tag(was, is, turn);
      case Command.CreateSchedulingPolicy(SchedulingPolicy policy) ->
          resources.create(policy, turn);
      case Command.UpdateSchedulingPolicy(long from, SchedulingPolicy policy) ->
          resources.update(from, policy, turn);
      case Command.DeleteSchedulingPolicy(String name) ->
          resources.deleteSchedulingPolicy(name, turn);
      case Command.CreateConsumableResource(ConsumableResource resource) ->
          resources.create(resource, turn);
      case Command.UpdateConsumableResource(long from, ConsumableResource resource) ->
          resources.update(from, resource, turn);
      case Command.DeleteConsumableResource(String name) ->
          resources.deleteConsumableResource(name, turn);
    };
  }

  private Outcome submit(Command.SubmitJob submit, Turn turn) {
    JobSpec spec = submit.spec();
    if (spec.idempotencyKey().isPresent()) {
      JobSpec.IdempotencyKey key = spec.idempotencyKey().get();
      Optional<IdempotencyKeys.Known> known = state.keys().find(key.key());
      if (known.isPresent()) {
        return known.get().requestHash().equals(key.requestHash())
            ? new Outcome.Submitted(known.get().jobId(), known.get().jobName())
            : new Outcome.Refused(otherRequest(key.key(), known.get().jobId()));
      }
      if (state.keys().mayHaveForgottenSince(submit.readAt())) {
        return new Outcome.LookAgain();
      }
    }
    JobQueue queue = state.jobQueue(spec.jobQueue());
    if (queue == null) {
      return new Outcome.Refused("JobQueue " + spec.jobQueue() + " not found.");
    }
    if (!queue.open()) {
      return new Outcome.Refused("JobQueue " + spec.jobQueue() + " is not enabled.");
    }
    Optional<String> share = spec.share().identifier();
    if (share.isPresent()) {
      Set<String> active = state.activeShares(queue, turn.now);
      if (active.size() >= EngineLimits.ACTIVE_SHARES && !active.contains(share.get())) {
        return new Outcome.Refused(
            "Job queue %s has %d active share identifiers, the most there may be: submit under one of them, or when one has not been used for a while."
                .formatted(queue.name(), active.size()));
      }
    }
    Optional<DependsOn> dependsOn = DependsOn.of(spec, state, submit.endedDependencies());
    if (dependsOn.isEmpty()) {
      return new Outcome.LookAgain(); // one ended between the caller's look and this turn
    }
    long order = counters.order() + 1;
    counters = new Step.Counters(counters.outbox(), order);
    Job job = Job.submitted(spec, order);
    turn.add(job, submit.detail(), dependsOn.get());
    return new Outcome.Submitted(job.id(), spec.jobName());
  }

  /** What a second, different request under a used key is told. */
  public static String otherRequest(String key, String jobId) {
    return ("The tag spillway:idempotency-key %s was used for job %s with a different request;"
            + " repeat that request as it was, or use another key.")
        .formatted(key, jobId);
  }

  /** Cancel and terminate succeed whether or not there is anything to stop. */
  private static Outcome ask(String jobId, JobEvent event, Turn turn) {
    turn.ask(jobId, event);
    return new Outcome.Done();
  }

  /** Executors tell everything at least once: what does not fit the attempt in progress is old. */
  private Outcome seen(ExecutionEvent seen, Turn turn) {
    AttemptId attempt = seen.attempt();
    Job job = state.job(attempt.jobId());
    boolean current =
        job != null
            && job.attempt() == attempt.number()
            && (job.state() instanceof JobState.Starting
                || job.state() instanceof JobState.Running);
    if (!current) {
      if (!(seen instanceof ExecutionEvent.Started)) {
        turn.effects.add(new Effect.Forget(attempt));
      }
      return new Outcome.Done();
    }
    Instant at = seen.at().truncatedTo(ChronoUnit.MILLIS);
    boolean starting = job.state() instanceof JobState.Starting;
    switch (seen) {
      case ExecutionEvent.Started _ -> {
        if (starting) {
          turn.move(job, new JobEvent.Started(at));
        }
      }
      case ExecutionEvent.Exited(_, OptionalInt exitCode, _, _, _)
          when capacity.tasks().noticed(job) && exitCode.orElse(1) != 0 ->
          turn.move(job, new JobEvent.SpotTaskInterrupted(at));
      case ExecutionEvent.Exited(_, OptionalInt exitCode, _, _, _)
          when capacity.reclaimed(job) && exitCode.orElse(1) != 0 ->
          turn.move(job, new JobEvent.HostLost(at));
      case ExecutionEvent.Exited(_, OptionalInt exitCode, var reason, _, var containers) ->
          turn.move(job, new JobEvent.Exited(exitCode, reason, at, containers));
      case ExecutionEvent.StartFailed(_, String reason, _) ->
          turn.move(
              job,
              starting
                  ? new JobEvent.StartFailed(reason, at)
                  : new JobEvent.Exited(OptionalInt.empty(), Optional.of(reason), at));
      case ExecutionEvent.Lost _ -> turn.move(job, new JobEvent.HostLost(at));
    }
    return new Outcome.Done();
  }

  private void fireDeadlines(Turn turn) {
    while (!state.deadlines().isEmpty() && !state.deadlines().first().at().isAfter(turn.now)) {
      // A deadline is kept exactly as long as its attempt runs and was not asked to stop.
      Job job = state.job(state.deadlines().first().jobId());
      turn.move(job, new JobEvent.TimedOut(turn.now));
    }
  }

  private void cancelBlockedHeads(Turn turn) {
    for (Map.Entry<String, Step.Waiting> entry : new TreeMap<>(waiting).entrySet()) {
      Step.Waiting head = entry.getValue();
      boolean over =
          state.timeLimit(entry.getKey(), head).map(end -> !end.isAfter(turn.now)).orElse(false);
      if (over) {
        turn.ask(head.jobId(), new JobEvent.CancelRequested(TimeLimits.reason(head), turn.now));
      }
    }
  }

  /** Attempts that were STARTING when the server ended, and that nobody has begun with. */
  private Outcome recovered(Set<AttemptId> noTrace, Turn turn) {
    List<Job> jobs = new ArrayList<>();
    for (AttemptId attempt : noTrace) {
      Job job = state.job(attempt.jobId());
      if (job != null
          && job.attempt() == attempt.number()
          && job.state() instanceof JobState.Starting) {
        state.hostSlots().leave(attempt);
        jobs.add(job);
      }
    }
    jobs.sort(Comparator.comparing(job -> job.placement(job.attempt()).orElseThrow().placedAt()));
    for (Job job : jobs) {
      if (((JobState.Starting) job.state()).stop().isPresent()) {
        turn.move(job, new JobEvent.StartFailed(Turn.STOPPED_EARLY, turn.now));
      } else {
        turn.start(job, new AttemptId(job.id(), job.attempt()));
      }
    }
    return new Outcome.Done();
  }

  private void schedule(Map<String, String> aged, Turn turn) {
    Map<String, Step.Waiting> left = new TreeMap<>();
    for (Decision decision : Scheduler.decide(snapshots.snapshot(turn.now, aged))) {
      switch (decision) {
        case Decision.Place(_, String jobId, String environment, List<String> instances) -> {
          Job job = state.job(jobId) != null ? state.job(jobId) : spawn(jobId, turn);
          turn.move(job, new JobEvent.Placed(placement(job, environment, instances, turn.now)));
        }
        case Decision.Leave leave -> left.put(leave.jobQueue(), left(leave, turn));
      }
    }
    waiting = Map.copyOf(left);
    heads.stand(waiting, turn.now);
  }

  private Job spawn(String childId, Turn turn) {
    ChildId id = ChildId.parse(childId).orElseThrow();
    return turn.spawn(state.job(id.parentId()), id.index());
  }

  /** The clock of a head goes on for as long as the same job waits there for the same. */
  private Step.Waiting left(Decision.Leave leave, Turn turn) {
    Step.Waiting was = waiting.get(leave.jobQueue());
    boolean same = was != null && was.jobId().equals(leave.jobId());
    boolean sameReason = same && was.statusReason().equals(leave.statusReason());
    if (!sameReason && leave.statusReason().isPresent()) {
      turn.toldBlocked(state.jobOrChild(leave.jobId()), leave.statusReason().get());
    }
    return new Step.Waiting(
        leave.jobId(), leave.reason(), leave.statusReason(), sameReason ? was.since() : turn.now);
  }

  private Outcome front(String name, int most, Instant now) {
    JobQueue queue = state.jobQueue(name);
    if (queue == null) {
      return new Outcome.Refused("JobQueue " + name + " not found.");
    }
    List<Outcome.QueueFront.Position> jobs = new ArrayList<>();
    Line line = new Line(snapshots.line(queue, now, Optional.empty()).lanes());
    for (WaitingJob job = line.next(); job != null && jobs.size() < most; job = line.next()) {
      Instant since =
          jobs.isEmpty() && waiting.containsKey(name)
              ? waiting.get(name).since()
              : state.advancedAt(name, job.since());
      jobs.add(new Outcome.QueueFront.Position(job.jobId(), since));
      line.placed();
    }
    return new Outcome.QueueFront(
        jobs,
        new Outcome.QueueFront.Use(
            state.heldBy(name), state.heldByShare(name), state.activeShares(queue, now).size()));
  }

  private Placement placement(Job job, String environment, List<String> instances, Instant now) {
    String attempt = job.id() + "/" + (job.attempt() + 1);
    ComputeEnvironment on = state.computeEnvironment(environment);
    return new Placement(
        environment,
        on.cluster(),
        instances.isEmpty() ? on.instanceId() : instances.getFirst(),
        instances.size() < 2 ? List.of() : List.copyOf(instances.subList(1, instances.size())),
        UUID.nameUUIDFromBytes(attempt.getBytes(StandardCharsets.UTF_8))
            .toString()
            .replace("-", ""),
        now);
  }

  private Optional<Instant> pruneTime(Instant now) {
    if (now.isBefore(nextPrune)) {
      return Optional.empty();
    }
    nextPrune = now.plus(EngineLimits.PRUNE_EVERY);
    return Optional.of(now.minus(limits.retainJobs()));
  }
}
