package dev.spillway.batch.engine;

import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.capacity.Billing;
import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Catalogue;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.InstanceType;
import dev.spillway.batch.capacity.Scaling;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The life of instances: launched for what waits, up, reclaimed or replaced, retired. Held by one
 * thread.
 *
 * <p>Source: user guide, compute environment scaling, updating compute environments, Spot
 * interruptions; the messages of the real service.
 */
final class CapacityCommands {
  private static final String NEVER_JOINED =
      "Your compute environment has been INVALIDATED and scaled down because none of the instances"
          + " joined the underlying ECS Cluster. Common issues preventing instances joining are the"
          + " following: VPC/Subnet configuration preventing communication to ECS, incorrect Instance"
          + " Profile policy preventing authorization to ECS, or customized AMI or LaunchTemplate"
          + " configurations affecting ECS agent.";

  /** A host that was taken away may finish what runs on it. */
  private static final Duration HOST_LEAVES_WITHIN = Duration.ofDays(365);

  private final EngineState state;
  private final Offers offers;
  private final SnapshotMaker snapshots;
  private final CapacitySettings settings;
  private final Catalogue catalogue;
  private final Billing billing;
  private final TreeSet<Due> dues =
      new TreeSet<>(Comparator.comparing(Due::at).thenComparing(Due::instanceId));
  private final SpotTasks tasks;
  private final Map<String, Due> dueOf = new HashMap<>();
  private final SequencedSet<String> leaving = new LinkedHashSet<>();
  private final Map<String, Integer> raised = new HashMap<>();
  private Optional<Instant> lookAgain = Optional.empty();
  private boolean begun;
  private int made;

  /** When something happens to an instance by itself. */
  private record Due(Instant at, String instanceId) {}

  CapacityCommands(
      EngineState state, Offers offers, SnapshotMaker snapshots, CapacitySettings settings) {
    this.state = state;
    this.offers = offers;
    this.snapshots = snapshots;
    this.settings = settings;
    this.catalogue = Catalogue.builtIn();
    this.billing = new Billing(catalogue, settings.market());
    this.tasks = new SpotTasks(state, settings);
    state.fleets().all().forEach(this::watch);
  }

  SpotTasks tasks() {
    return tasks;
  }

  /** When something is due, if nothing happens before. */
  Optional<Instant> nextDeadline() {
    Optional<Instant> first = dues.isEmpty() ? Optional.empty() : Optional.of(dues.first().at());
    return Stream.of(first, lookAgain, tasks.nextDeadline())
        .flatMap(Optional::stream)
        .min(Instant::compareTo);
  }

  /** True when the scaling has to be looked at although nothing happened. */
  boolean due(Instant now) {
    return lookAgain.filter(at -> !at.isAfter(now)).isPresent();
  }

  /** What becomes of an instance by itself: notice, end, or that it never came up. */
  void fireDeadlines(Turn turn) {
    if (!begun) {
      begun = true;
      state.fleets().idleFrom(turn.now);
      // Asked for again: the provider may never have heard of them.
      state.fleets().all().stream()
          .filter(i -> i.phase() == Instance.Phase.LAUNCHING)
          .forEach(i -> turn.effects.add(new Effect.Launch(i)));
      // Told again: the runner may not have heard of the notice.
      state.fleets().all().stream()
          .filter(i -> i.phase() == Instance.Phase.RECLAIMED)
          .forEach(i -> stopJobs(i, Duration.between(turn.now, i.endsAt().orElseThrow()), turn));
    }
    tasks.fireDeadlines(turn);
    while (!dues.isEmpty() && !dues.first().at().isAfter(turn.now)) {
      Due due = dues.first();
      forget(due.instanceId());
      Instance instance = state.fleets().find(due.instanceId()).orElseThrow();
      switch (instance.phase()) {
        case LAUNCHING -> neverJoined(instance, turn);
        case UP -> reclaim(instance, settings.spotNotice(), turn);
        case RECLAIMED, REPLACED -> lose(instance, turn);
        case UNREACHABLE -> {}
      }
    }
  }

  private void neverJoined(Instance instance, Turn turn) {
    lose(instance, turn);
    ComputeEnvironment e = state.computeEnvironment(instance.computeEnvironment());
    boolean any =
        state.fleets().of(instance.computeEnvironment()).stream()
            .anyMatch(i -> i.upAt().isPresent());
    if (e != null && e.works() && !any) {
      turn.emit(new Event.ComputeEnvironmentPut(e.invalid(NEVER_JOINED)));
    }
  }

  Outcome seen(CapacityEvent seen, Turn turn) {
    Optional<Instance> found = state.fleets().find(seen.instanceId());
    if (found.isEmpty()) {
      return new Outcome.Done();
    }
    Instance instance = found.get();
    switch (seen) {
      case CapacityEvent.Up _ -> {
        if (instance.phase() == Instance.Phase.LAUNCHING
            || instance.phase() == Instance.Phase.UNREACHABLE) {
          put(instance.up(turn.now), turn);
        }
      }
      case CapacityEvent.NoCapacity _ -> {
        offers.unavailable(instance.computeEnvironment(), instance.type(), turn.now);
        remove(instance, turn);
      }
      case CapacityEvent.Rejected(_, String reason, _) -> {
        remove(instance, turn);
        ComputeEnvironment e = state.computeEnvironment(instance.computeEnvironment());
        if (e != null && e.works()) {
          turn.emit(new Event.ComputeEnvironmentPut(e.invalid(reason)));
        }
      }
      case CapacityEvent.Gone _ -> lose(instance, turn);
      case CapacityEvent.Unreachable _ -> {
        if (instance.host().isPresent() && instance.phase() == Instance.Phase.UP) {
          put(instance.unreachable(), turn);
        }
      }
    }
    return new Outcome.Done();
  }

  Outcome reclaim(String instanceId, Optional<Duration> notice, Turn turn) {
    Job task = state.job(instanceId);
    if (task != null && tasks.isOne(task) && !tasks.noticed(task)) {
      tasks.interrupt(task, notice.orElse(settings.spotNotice()), turn);
      return new Outcome.Done();
    }
    if (task != null) {
      return new Outcome.Refused(
          "Job %s is no task of Fargate Spot that runs and had no notice yet; of a job on an instance, reclaim the instance."
              .formatted(instanceId));
    }
    Optional<Instance> found = state.fleets().find(instanceId);
    if (found.isEmpty()) {
      return new Outcome.Refused("Instance " + instanceId + " not found.");
    }
    Instance instance = found.get();
    if (instance.market() != Instance.Market.SPOT) {
      return new Outcome.Refused(
          "Instance %s of compute environment %s is not a Spot instance: only those can be reclaimed."
              .formatted(instanceId, instance.computeEnvironment()));
    }
    if (instance.phase() == Instance.Phase.RECLAIMED) {
      return new Outcome.Refused(
          "Instance %s was reclaimed before; it ends at %s."
              .formatted(instanceId, instance.endsAt().orElseThrow()));
    }
    reclaim(instance, notice.orElse(settings.spotNotice()), turn);
    return new Outcome.Done();
  }

  private void reclaim(Instance instance, Duration notice, Turn turn) {
    leave(instance, Instance.Phase.RECLAIMED, notice, turn);
    stopJobs(instance, notice, turn);
  }

  private void stopJobs(Instance instance, Duration left, Turn turn) {
    Duration notice = left.isNegative() ? Duration.ZERO : left;
    for (String jobId : state.fleets().jobsOn(instance.id())) {
      Job job = state.job(jobId);
      AttemptId attempt = new AttemptId(jobId, job.attempt());
      if (state.hostSlots().waits(attempt)) {
        turn.move(job, new JobEvent.HostLost(turn.now));
      } else {
        turn.effects.add(new Effect.Stop(attempt, Optional.of(notice)));
      }
    }
  }

  /** An update made the instances of an environment other than it says. */
  void replace(ComputeEnvironment e, Turn turn) {
    Duration given = e.resources().instanceTimeout();
    offers.forget(e.name());
    for (Instance instance : state.fleets().of(e.name())) {
      if (!instance.stays()) {
        continue;
      }
      if (given.isZero()) {
        lose(instance, turn);
      } else {
        leave(instance, Instance.Phase.REPLACED, given, turn);
      }
    }
    if (!state.fleets().of(e.name()).isEmpty()) {
      turn.emit(
          new Event.ComputeEnvironmentPut(
              state.computeEnvironment(e.name()).in(ComputeEnvironment.Status.UPDATING)));
    }
  }

  void raise(String environment, int desiredVcpus) {
    raised.put(environment, desiredVcpus);
  }

  Outcome add(Instance host, Turn turn) {
    ComputeEnvironment e = state.computeEnvironment(host.computeEnvironment());
    if (e == null) {
      return new Outcome.Refused(
          "Compute environment " + host.computeEnvironment() + " not found.");
    }
    if (e.resources().kind() != ComputeResources.Kind.UNMANAGED) {
      return new Outcome.Refused(
          "Compute environment %s is managed: it launches its own instances. Hosts are added to UNMANAGED ones."
              .formatted(e.name()));
    }
    if (state.fleets().find(host.id()).isPresent()) {
      return new Outcome.Refused(
          "%s is a host of compute environment %s already."
              .formatted(host.host().orElseThrow().url(), e.name()));
    }
    put(host, turn);
    return new Outcome.Done();
  }

  Outcome removeHost(String instanceId, boolean now, Turn turn) {
    Optional<Instance> found = state.fleets().find(instanceId);
    if (found.isEmpty() || found.get().host().isEmpty()) {
      return new Outcome.Refused("Host " + instanceId + " not found.");
    }
    if (now) {
      lose(found.get(), turn);
    } else {
      leave(found.get(), Instance.Phase.REPLACED, HOST_LEAVES_WITHIN, turn);
    }
    return new Outcome.Done();
  }

  /** Ends an environment's instances, with what runs on them. */
  void end(String environment, Turn turn) {
    state.fleets().of(environment).forEach(instance -> lose(instance, turn));
    offers.forget(environment);
  }

  /** Those on their way out go when nothing runs on them any more. */
  void sweep(Turn turn) {
    for (String id : List.copyOf(leaving)) {
      if (state.fleets().empty(id)) {
        remove(state.fleets().find(id).orElseThrow(), turn);
      }
    }
    for (ComputeEnvironment e : List.copyOf(state.computeEnvironments())) {
      if (e.status() == ComputeEnvironment.Status.UPDATING
          && state.fleets().of(e.name()).stream()
              .noneMatch(i -> i.phase() == Instance.Phase.REPLACED)) {
        turn.emit(new Event.ComputeEnvironmentPut(e.in(ComputeEnvironment.Status.VALID)));
      }
    }
  }

  /** Launches and retires; what made room for others is followed by them. */
  void scale(Map<String, String> aged, Turn turn) {
    if (scaled(aged, turn)) {
      scaled(aged, turn);
    }
  }

  /** True when room was made. */
  private boolean scaled(Map<String, String> aged, Turn turn) {
    List<Scaling.Pool> pools = snapshots.pools(raised, turn.now);
    raised.clear();
    if (pools.isEmpty()) {
      lookAgain = Optional.empty();
      return false;
    }
    Scaling.Plan plan =
        Scaling.decide(pools, snapshots.demands(aged), turn.now, settings.keepIdle());
    for (String id : plan.retire()) {
      remove(state.fleets().find(id).orElseThrow(), turn);
    }
    for (Scaling.Launch launch : plan.launch()) {
      launch(launch, turn);
    }
    Optional<Instant> again = offers.lookAgain(turn.now);
    lookAgain =
        again.isPresent()
                && (plan.lookAgain().isEmpty() || again.get().isBefore(plan.lookAgain().get()))
            ? again
            : plan.lookAgain();
    return plan.madeRoom();
  }

  private void launch(Scaling.Launch launch, Turn turn) {
    ComputeEnvironment e = state.computeEnvironment(launch.computeEnvironment());
    InstanceType type = launch.offer().type();
    Instance instance =
        new Instance(
            newId(e, turn),
            e.name(),
            type.name(),
            type.size(),
            e.resources().kind() == ComputeResources.Kind.SPOT
                ? Instance.Market.SPOT
                : Instance.Market.ON_DEMAND,
            Instance.Phase.LAUNCHING,
            turn.now,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    put(instance, turn);
    turn.effects.add(new Effect.Launch(instance));
  }

  /** Like EC2's; the same in the same life of the engine, and not one that is there. */
  private String newId(ComputeEnvironment e, Turn turn) {
    while (true) {
      String seed = e.uuid() + "/" + turn.now.toEpochMilli() + "/" + turn.sequence() + "/" + made++;
      String hex =
          UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)).toString().replace("-", "");
      String id = "i-" + hex.substring(0, 17);
      if (state.fleets().find(id).isEmpty()) {
        return id;
      }
    }
  }

  private void leave(Instance instance, Instance.Phase as, Duration notice, Turn turn) {
    put(instance.leaving(as, turn.now.plus(notice)), turn);
  }

  /** It is gone, and what ran on it is lost. */
  private void lose(Instance instance, Turn turn) {
    for (String jobId : state.fleets().jobsOn(instance.id())) {
      Job job = state.job(jobId);
      AttemptId attempt = new AttemptId(jobId, job.attempt());
      if (!state.hostSlots().waits(attempt)) {
        turn.effects.add(new Effect.Stop(attempt, Optional.of(Duration.ZERO)));
      }
      turn.move(job, new JobEvent.HostLost(turn.now));
    }
    remove(instance, turn);
  }

  private void put(Instance instance, Turn turn) {
    turn.emit(new Event.InstancePut(instance));
    watch(instance);
  }

  private void remove(Instance instance, Turn turn) {
    forget(instance.id());
    turn.emit(new Event.InstanceRemoved(instance));
    if (instance.host().isEmpty()) {
      turn.effects.add(new Effect.Terminate(instance));
    }
    if (instance.upAt().isPresent()) {
      charge(billing.instance(instance, turn.now), turn);
    }
  }

  /** An attempt ended: what it held is paid for. */
  void attemptEnded(Job job, Turn turn) {
    AttemptRecord record = job.attempts().getLast();
    tasks.ended(new AttemptId(job.id(), record.number()));
    ComputeEnvironment e = state.computeEnvironment(record.on().computeEnvironment());
    if (e != null) {
      charge(
          billing.attempt(
              job,
              record.number(),
              record.on(),
              record.end().at(),
              e.resources(),
              state.fleets()::find),
          turn);
    }
  }

  private static void charge(Charge charge, Turn turn) {
    if (charge.nanos() > 0) {
      turn.emit(new Event.Charged(charge));
    }
  }

  /** True when the job's instance had its notice: what ends there now, ends because of that. */
  boolean reclaimed(Job job) {
    return job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running
        ? job.placement(job.attempt())
            .flatMap(on -> state.fleets().find(on.instanceId()))
            .map(i -> i.phase() == Instance.Phase.RECLAIMED)
            .orElse(false)
        : false;
  }

  private void watch(Instance instance) {
    forget(instance.id());
    Optional<Instant> at =
        switch (instance.phase()) {
          case LAUNCHING -> Optional.of(instance.launchedAt().plus(settings.joinWithin()));
          case RECLAIMED, REPLACED -> {
            leaving.add(instance.id());
            yield instance.endsAt();
          }
          case UNREACHABLE -> Optional.empty();
          case UP -> reclaimsAt(instance);
        };
    at.ifPresent(
        when -> {
          Due due = new Due(when, instance.id());
          dues.add(due);
          dueOf.put(instance.id(), due);
        });
  }

  private Optional<Instant> reclaimsAt(Instance instance) {
    InstanceType type = catalogue.type(instance.type());
    ComputeEnvironment e = state.computeEnvironment(instance.computeEnvironment());
    return instance.market() != Instance.Market.SPOT || type == null || e == null
        ? Optional.empty()
        : settings
            .market()
            .reclaims(
                type, instance.id(), e.resources().bidPercentage(), instance.upAt().orElseThrow());
  }

  private void forget(String instanceId) {
    leaving.remove(instanceId);
    Due due = dueOf.remove(instanceId);
    if (due != null) {
      dues.remove(due);
    }
  }
}
