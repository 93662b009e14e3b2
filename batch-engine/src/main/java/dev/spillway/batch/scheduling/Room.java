package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is left of a compute environment while a pass gives it away. First fit, the oldest instance
 * first, so that the newest become idle; within a pass room only shrinks, so that a search begins
 * where the last one for the same size ended.
 */
final class Room {
  /** A place where there are no instances. */
  static final int[] SLOT = {};

  final Snapshot.Environment environment;
  private final List<Snapshot.Instance> instances;
  private final Size[] free;
  private final boolean[] idle;
  private final boolean[] given;
  private final Map<Size, Integer> searchedTo = new HashMap<>();
  private long usedVcpuMillis;

  /** Nothing more is placed on it: what comes free is for a job that waits too long. */
  Optional<Holder> keptFor = Optional.empty();

  /** A job that waits, and its queue. */
  record Holder(String jobId, String queue) {}

  /**
   * What a head that waits will take.
   *
   * @param instances by number; none where there are no instances
   * @param at the latest; empty when nothing bounds it
   * @param spareVcpuMillis what is left then, where there are no instances
   */
  record Claim(boolean[] instances, Optional<Instant> at, long spareVcpuMillis) {
    /** True for one that has ended by then at the latest. */
    boolean inTime(Snapshot.Group group, Instant now) {
      return at.isPresent()
          && group.timeout().map(t -> !now.plus(t).isAfter(at.get())).orElse(false);
    }

    Claim spare(long vcpuMillis) {
      return new Claim(instances, at, vcpuMillis);
    }
  }

  Room(Snapshot.Environment environment) {
    this.environment = environment;
    this.usedVcpuMillis = environment.usedVcpuMillis();
    this.instances = environment.fleet().map(Snapshot.Fleet::up).orElse(List.of());
    this.free = new Size[instances.size()];
    this.idle = new boolean[instances.size()];
    this.given = new boolean[instances.size()];
    for (int i = 0; i < free.length; i++) {
      free[i] = instances.get(i).free();
      idle[i] = instances.get(i).idle();
    }
  }

  boolean open() {
    return environment.usable() && keptFor.isEmpty();
  }

  private boolean slots() {
    return environment.fleet().isEmpty();
  }

  /** Where that can start now: numbers of instances, or {@link #SLOT}; null for nowhere. */
  int[] find(JobSpec.Needs needs) {
    if (slots()) {
      return slot(needs) ? SLOT : null;
    }
    if (needs.gang()) {
      return environment.fleet().get().growth().gangs() ? findIdle(needs) : null;
    }
    int from = searchedTo.getOrDefault(needs.size(), 0);
    int i = from;
    while (i < free.length && !free[i].holds(needs.size())) {
      i++;
    }
    if (i != from) {
      searchedTo.put(needs.size(), i);
    }
    return i < free.length ? new int[] {i} : null;
  }

  /** Likewise, for one that passes a head which has a claim on this room. */
  int[] find(Snapshot.Group group, Claim claim, Instant now) {
    JobSpec.Needs needs = group.needs();
    boolean inTime = claim.inTime(group, now);
    if (slots()) {
      boolean beside = needs.vcpuMillis() <= claim.spareVcpuMillis();
      return slot(needs) && (inTime || beside) ? SLOT : null;
    }
    if (inTime) {
      return find(needs);
    }
    if (needs.gang()) {
      return null;
    }
    for (int i = 0; i < free.length; i++) {
      if (!claim.instances()[i] && free[i].holds(needs.size())) {
        return new int[] {i};
      }
    }
    return null;
  }

  private boolean slot(JobSpec.Needs needs) {
    return !needs.gang()
        && needs.size().gpus() == 0
        && usedVcpuMillis + needs.vcpuMillis() <= environment.maxVcpuMillis();
  }

  private int[] findIdle(JobSpec.Needs needs) {
    int[] found = new int[needs.nodes()];
    int count = 0;
    for (int i = 0; i < free.length && count < found.length; i++) {
      if (idle[i] && free[i].holds(needs.size())) {
        found[count++] = i;
      }
    }
    return count == found.length ? found : null;
  }

  /** A node of a gang has its instance for itself. */
  List<String> take(JobSpec.Needs needs, int[] places) {
    usedVcpuMillis += needs.vcpuMillis();
    List<String> ids = new ArrayList<>(places.length);
    for (int i : places) {
      free[i] = needs.gang() ? Size.NONE : free[i].minus(needs.size());
      idle[i] = false;
      given[i] = true;
      ids.add(instances.get(i).id());
    }
    return ids;
  }

  /** True when the job is better off waiting for an instance that is not up yet. */
  boolean grows(JobSpec.Needs needs) {
    return environment
        .fleet()
        .map(fleet -> fleet.growth().willHold(needs, needs.gang() ? idle(needs.size()) : 0))
        .orElse(false);
  }

  private long idle(Size size) {
    long count = 0;
    for (int i = 0; i < free.length; i++) {
      if (idle[i] && instances.get(i).size().holds(size)) {
        count++;
      }
    }
    return count;
  }

  long freeVcpuMillis() {
    if (slots()) {
      return Math.max(0, environment.maxVcpuMillis() - usedVcpuMillis);
    }
    return Arrays.stream(free).mapToLong(Size::vcpuMillis).sum();
  }

  /** The largest free pieces, by vCPUs. */
  Optional<Size> largestFree() {
    return Arrays.stream(free)
        .max(Comparator.comparingLong(Size::vcpuMillis).thenComparingLong(Size::memoryMib));
  }

  /** When the head can start at the latest, going by the timeouts of what runs, and where. */
  Claim claim(JobSpec.Needs needs) {
    return slots() ? claimSlots(needs) : claimInstances(needs);
  }

  private Claim claimSlots(JobSpec.Needs needs) {
    List<Snapshot.Held> ends = new ArrayList<>();
    environment.held().forEach(ends::add);
    ends.removeIf(h -> h.endsBy().isEmpty());
    ends.sort(Comparator.comparing(h -> h.endsBy().get()));
    long left = environment.maxVcpuMillis() - usedVcpuMillis;
    for (int i = 0; i < ends.size(); i++) {
      Snapshot.Held held = ends.get(i);
      left += held.size().vcpuMillis();
      boolean lastOfItsTime =
          i == ends.size() - 1 || !ends.get(i + 1).endsBy().equals(held.endsBy());
      if (lastOfItsTime && left >= needs.vcpuMillis()) {
        return new Claim(new boolean[0], held.endsBy(), left - needs.vcpuMillis());
      }
    }
    return new Claim(new boolean[0], Optional.empty(), 0);
  }

  private record Ready(int instance, Instant at) {}

  private Claim claimInstances(JobSpec.Needs needs) {
    Map<String, List<Snapshot.Held>> byInstance = new HashMap<>();
    environment
        .held()
        .forEach(h -> byInstance.computeIfAbsent(h.instanceId(), _ -> new ArrayList<>()).add(h));
    List<Ready> ready = new ArrayList<>();
    for (int i = 0; i < free.length; i++) {
      Instant at = readyAt(i, needs, byInstance.getOrDefault(instances.get(i).id(), List.of()));
      if (at != null) {
        ready.add(new Ready(i, at));
      }
    }
    boolean[] claimed = new boolean[free.length];
    if (ready.size() < needs.nodes()) {
      Arrays.fill(claimed, true); // nobody knows which will be first
      return new Claim(claimed, Optional.empty(), 0);
    }
    ready.sort(Comparator.comparing(Ready::at).thenComparing(Ready::instance));
    List<Ready> first = ready.subList(0, needs.nodes());
    first.forEach(r -> claimed[r.instance()] = true);
    return new Claim(claimed, Optional.of(first.getLast().at()), 0);
  }

  /** When a node of it fits there at the latest; null when nothing bounds that. */
  private Instant readyAt(int i, JobSpec.Needs needs, List<Snapshot.Held> held) {
    if (!instances.get(i).size().holds(needs.size())) {
      return null;
    }
    Size left = free[i];
    int on = held.size();
    Instant at = Instant.EPOCH;
    List<Snapshot.Held> ends = new ArrayList<>(held);
    ends.removeIf(h -> h.endsBy().isEmpty());
    ends.sort(Comparator.comparing(h -> h.endsBy().get()));
    for (Snapshot.Held h : ends) {
      if (ready(i, left, on, needs)) {
        return at;
      }
      left = left.plus(h.size());
      on--;
      at = h.endsBy().get();
    }
    return ready(i, left, on, needs) ? at : null;
  }

  private boolean ready(int i, Size left, int on, JobSpec.Needs needs) {
    return needs.gang() ? on == 0 && !given[i] : left.holds(needs.size());
  }
}
