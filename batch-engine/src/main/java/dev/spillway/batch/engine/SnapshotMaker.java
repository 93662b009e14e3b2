package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Scaling;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.scheduling.FairShare;
import dev.spillway.batch.scheduling.ShareUse;
import dev.spillway.batch.scheduling.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What the scheduler, and the scaling, may look at. The backlog is read through, not copied. */
final class SnapshotMaker {
  private final EngineState state;
  private final Offers offers;

  SnapshotMaker(EngineState state, Offers offers) {
    this.state = state;
    this.offers = offers;
  }

  /** {@code aged} by queue: the head that nothing may pass any more. */
  Snapshot snapshot(Instant now, Map<String, String> aged) {
    List<Snapshot.Queue> queues = new ArrayList<>();
    Set<String> named = new LinkedHashSet<>();
    for (JobQueue queue : served(aged)) {
      queues.add(line(queue, now, Optional.ofNullable(aged.get(queue.name()))));
      named.addAll(queue.computeEnvironments());
    }
    Map<String, Snapshot.Environment> environments = new HashMap<>();
    for (String name : named) {
      ComputeEnvironment e = state.computeEnvironment(name);
      if (e != null) {
        environments.put(name, environment(e, now));
      }
    }
    Map<String, Snapshot.Consumable> consumables = new HashMap<>();
    for (ConsumableResource r : state.consumableResources()) {
      consumables.put(
          r.name(), new Snapshot.Consumable(r.totalQuantity(), state.usage().consumable(r.name())));
    }
    return new Snapshot(now, queues, environments, consumables);
  }

  /** Queues with jobs that wait: the higher priority first; of equals, one whose head has aged. */
  private List<JobQueue> served(Map<String, String> aged) {
    return state.jobQueues().stream()
        .filter(q -> state.backlog(q.name()) != null)
        .sorted(
            Comparator.comparingInt(JobQueue::priority)
                .reversed()
                .thenComparing(q -> !aged.containsKey(q.name()))
                .thenComparing(JobQueue::createdAt)
                .thenComparing(JobQueue::name))
        .toList();
  }

  private Snapshot.Environment environment(ComputeEnvironment e, Instant now) {
    return new Snapshot.Environment(
        e.name(),
        e.usable(),
        e.maxVcpus() * 1000L,
        state.usage().ofEnvironment(e.name()),
        e.resources().kind().fargate()
            ? Optional.empty()
            : Optional.of(
                new Snapshot.Fleet(
                    state.fleets().up(e.name()),
                    offers.growth(
                        e,
                        state.fleets().coming(e.name()),
                        state.fleets().vcpuMillis(e.name()),
                        now))),
        e.resources().backfill(),
        () -> held(e).iterator());
  }

  private Stream<Snapshot.Held> held(ComputeEnvironment e) {
    List<Snapshot.Held> held = new ArrayList<>();
    for (Job job : state.usage().on(e.name())) {
      Optional<Instant> endsBy =
          job.state() instanceof JobState.Running running
              ? job.spec().timeout().map(running.startedAt()::plus)
              : Optional.empty();
      job.placement(job.attempt())
          .orElseThrow()
          .instances()
          .forEach(id -> held.add(new Snapshot.Held(id, job.spec().needs().size(), endsBy)));
    }
    return held.stream();
  }

  /** Who waits in a queue, and what decides whose turn it is. */
  Snapshot.Queue line(JobQueue queue, Instant now, Optional<String> aged) {
    Optional<FairShare> policy = state.fairShare(queue);
    Backlog backlog = state.backlog(queue.name());
    if (policy.isEmpty() || backlog == null) {
      return new Snapshot.Queue(
          queue.name(),
          queue.computeEnvironments(),
          List.of(new Snapshot.Lane("", 1, 0, 0, backlog == null ? List.of() : backlog.lane(""))),
          Snapshot.Limit.NONE,
          aged);
    }
    ShareLedger ledger = state.ledger(queue.name());
    Map<String, Double> factors = ledger.factors(policy.get(), now);
    Duration halfLife = policy.get().halfLife();
    List<Snapshot.Lane> lanes = new ArrayList<>();
    for (String share : backlog.shares()) {
      ShareUse use = ledger.use(share, now);
      lanes.add(
          new Snapshot.Lane(
              share,
              factors.getOrDefault(share, 1.0),
              use.recent(now, halfLife),
              use.vcpuMillis(),
              backlog.lane(share)));
    }
    return new Snapshot.Queue(
        queue.name(),
        queue.computeEnvironments(),
        lanes,
        limit(queue, policy.get(), factors),
        aged);
  }

  private Snapshot.Limit limit(JobQueue queue, FairShare policy, Map<String, Double> factors) {
    if (policy.computeReservation() == 0) {
      return Snapshot.Limit.NONE;
    }
    long most =
        queue.computeEnvironments().stream()
            .map(state::computeEnvironment)
            .filter(Objects::nonNull)
            .mapToLong(e -> e.maxVcpus() * 1000L)
            .sum();
    return new Snapshot.Limit(
        policy.usable(most, factors.size()), state.heldBy(queue.name()), factors.size());
  }

  /** Environments with instances, or that could have some. */
  List<Scaling.Pool> pools(Map<String, Integer> raised, Instant now) {
    List<Scaling.Pool> pools = new ArrayList<>();
    for (ComputeEnvironment e : state.computeEnvironments()) {
      if (e.resources().kind().fargate()) {
        continue;
      }
      boolean valid = e.works();
      pools.add(
          new Scaling.Pool(
              e.name(),
              e.resources(),
              e.usable(),
              valid,
              Math.max(e.resources().minVcpus(), raised.getOrDefault(e.name(), 0)),
              state.fleets().members(e.name()),
              valid ? offers.now(e, now) : List.of()));
    }
    return pools;
  }

  /** What waits, in the order of the queues. */
  Iterable<Scaling.Demand> demands(Map<String, String> aged) {
    List<Scaling.Demand> demands = new ArrayList<>();
    for (JobQueue queue : served(aged)) {
      for (Snapshot.Group group : state.backlog(queue.name()).groups()) {
        demands.add(
            new Scaling.Demand(
                queue.computeEnvironments(),
                group.needs().size(),
                group.needs().nodes(),
                startable(group)));
      }
    }
    return demands;
  }

  /** No more than there are consumable resources for. */
  private long startable(Snapshot.Group group) {
    long most = group.count();
    for (var need : group.needs().consumables()) {
      ConsumableResource there = state.consumableResource(need.consumableResource());
      long free =
          there == null
              ? 0
              : there.totalQuantity() - state.usage().consumable(need.consumableResource());
      most = need.quantity() == 0 ? most : Math.min(most, Math.max(0, free) / need.quantity());
    }
    return most;
  }
}
