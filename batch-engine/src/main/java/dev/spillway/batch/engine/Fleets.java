package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.Scaling;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.scheduling.Snapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.TreeMap;

/** The instances, and what runs on them. Held by one thread. */
final class Fleets {
  private final Map<String, Load> byId = new HashMap<>();
  private final Map<String, SequencedMap<String, Load>> byEnvironment = new TreeMap<>();

  /** An instance and its jobs. */
  private static final class Load {
    private Instance instance;
    private Size free;
    private Instant idleSince;
    private final SequencedSet<String> jobs = new LinkedHashSet<>();

    Load(Instance instance) {
      this.instance = instance;
      this.free = instance.size();
      this.idleSince = instance.upAt().orElse(instance.launchedAt());
    }
  }

  void put(Instance instance) {
    Load load = byId.get(instance.id());
    if (load == null) {
      load = new Load(instance);
      byId.put(instance.id(), load);
      byEnvironment
          .computeIfAbsent(instance.computeEnvironment(), _ -> new LinkedHashMap<>())
          .put(instance.id(), load);
      return;
    }
    load.free = load.free.plus(instance.size().minus(load.instance.size()));
    if (load.instance.upAt().isEmpty() && instance.upAt().isPresent()) {
      load.idleSince = instance.upAt().get();
    }
    load.instance = instance;
  }

  void remove(String id) {
    Load load = byId.remove(id);
    if (load != null) {
      byEnvironment.computeIfPresent(
          load.instance.computeEnvironment(),
          (_, its) -> {
            its.remove(id);
            return its.isEmpty() ? null : its;
          });
    }
  }

  /** An attempt of the job came to its instances. */
  void add(Job job, Placement on) {
    on.instances()
        .forEach(
            id -> {
              Load load = byId.get(id);
              if (load != null) {
                load.jobs.add(job.id());
                load.free = load.free.minus(held(job, load));
              }
            });
  }

  /** An attempt of the job left its instances at that time. */
  void remove(Job job, Placement on, Instant at) {
    on.instances()
        .forEach(
            id -> {
              Load load = byId.get(id);
              if (load != null && load.jobs.remove(job.id())) {
                load.free = load.free.plus(held(job, load));
                load.idleSince = at;
              }
            });
  }

  /** A node of a gang has its instance for itself. */
  private static Size held(Job job, Load load) {
    return job.spec().needs().gang() ? load.instance.size() : job.spec().needs().size();
  }

  Optional<Instance> find(String id) {
    return Optional.ofNullable(byId.get(id)).map(load -> load.instance);
  }

  List<Instance> all() {
    return byEnvironment.values().stream()
        .flatMap(its -> its.values().stream())
        .map(load -> load.instance)
        .toList();
  }

  List<Instance> of(String environment) {
    return loads(environment).stream().map(load -> load.instance).toList();
  }

  /** Ids of the jobs on an instance, the oldest first. */
  List<String> jobsOn(String id) {
    Load load = byId.get(id);
    return load == null ? List.of() : List.copyOf(load.jobs);
  }

  boolean empty(String id) {
    Load load = byId.get(id);
    return load == null || load.jobs.isEmpty();
  }

  private Collection<Load> loads(String environment) {
    SequencedMap<String, Load> its = byEnvironment.get(environment);
    return its == null ? List.of() : its.values();
  }

  /** Those that take jobs, for the scheduler. */
  List<Snapshot.Instance> up(String environment) {
    return seen(environment, Instance.Phase.UP);
  }

  /** Those that will. */
  List<Snapshot.Instance> coming(String environment) {
    return seen(environment, Instance.Phase.LAUNCHING);
  }

  private List<Snapshot.Instance> seen(String environment, Instance.Phase phase) {
    List<Snapshot.Instance> seen = new ArrayList<>();
    for (Load load : loads(environment)) {
      if (load.instance.phase() == phase) {
        seen.add(
            new Snapshot.Instance(
                load.instance.id(), load.instance.size(), load.free, load.jobs.isEmpty()));
      }
    }
    return seen;
  }

  /** All of an environment, for its scaling. */
  List<Scaling.Member> members(String environment) {
    List<Scaling.Member> members = new ArrayList<>();
    for (Load load : loads(environment)) {
      members.add(
          new Scaling.Member(
              load.instance,
              load.free,
              load.jobs.isEmpty() ? Optional.of(load.idleSince) : Optional.empty()));
    }
    return members;
  }

  /** After a restart, idle time counts from then. */
  void idleFrom(Instant at) {
    byId.values().stream()
        .filter(load -> load.idleSince.isBefore(at))
        .forEach(l -> l.idleSince = at);
  }

  /**
   * What counts against {@code maxvCpus}, in thousandths: what is up or will be, or is replaced.
   */
  long vcpuMillis(String environment) {
    long sum = 0;
    for (Load load : loads(environment)) {
      if (load.instance.stays() || load.instance.phase() == Instance.Phase.REPLACED) {
        sum += load.instance.size().vcpuMillis();
      }
    }
    return sum;
  }
}
