package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rules written down again as plainly as can be: for each job to place, everything is added up
 * anew from the snapshot and what was placed before. Shares nothing with the real one but records.
 */
final class NaiveScheduler {
  private final Snapshot snapshot;
  private final List<Placed> placed = new ArrayList<>();
  private final Set<String> kept = new HashSet<>();
  private final List<String> decisions = new ArrayList<>();

  private record Placed(
      String queue,
      String share,
      Snapshot.Group group,
      String environment,
      List<String> instances,
      boolean beside) {}

  private record Candidate(Snapshot.Lane lane, Snapshot.Group group, WaitingJob job) {}

  private record Spot(String environment, List<String> instances) {}

  /** What the head waits for; no environment when it waits for what is not there yet. */
  private record Head(
      WaitingJob job, JobSpec.Needs needs, String environment, Set<String> claimed, Instant at) {}

  private NaiveScheduler(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  /** Decisions as {@link #brief} writes them. */
  static List<String> decide(Snapshot snapshot) {
    var naive = new NaiveScheduler(snapshot);
    snapshot.queues().forEach(naive::serve);
    return naive.decisions;
  }

  static String brief(Decision decision) {
    return switch (decision) {
      case Decision.Place(String queue, String job, String environment, List<String> instances) ->
          queue + ": " + job + " on " + environment + instances;
      case Decision.Leave(String queue, String job, _, _) -> queue + ": " + job + " waits";
    };
  }

  private void serve(Snapshot.Queue queue) {
    List<Candidate> left = new ArrayList<>();
    for (Snapshot.Lane lane : queue.lanes()) {
      for (Snapshot.Group group : lane.groups()) {
        group.waiting().forEach(job -> left.add(new Candidate(lane, group, job)));
      }
    }
    Head head = null;
    long spare = 0;
    while (!left.isEmpty()) {
      Candidate next = next(queue, left);
      JobSpec.Needs needs = next.group().needs();
      long held = held(queue);
      if (head == null && held > 0 && held + needs.vcpuMillis() > queue.limit().mostVcpuMillis()) {
        decisions.add(queue.name() + ": " + next.job().jobId() + " waits");
        return;
      }
      Spot spot = head == null ? spot(queue, needs) : behind(queue, next.group(), head, spare);
      if (spot != null) {
        left.remove(next);
        decisions.add(
            queue.name()
                + ": "
                + next.job().jobId()
                + " on "
                + spot.environment()
                + spot.instances());
        boolean beside =
            head != null
                && spot.environment().equals(head.environment())
                && spot.instances().isEmpty()
                && !inTime(next.group(), head);
        spare -= beside ? needs.vcpuMillis() : 0;
        placed.add(
            new Placed(
                queue.name(),
                next.lane().share(),
                next.group(),
                spot.environment(),
                spot.instances(),
                beside));
        continue;
      }
      if (head == null) {
        decisions.add(queue.name() + ": " + next.job().jobId() + " waits");
        head = head(queue, next);
        spare = head.environment() == null ? 0 : spare(head);
        if (queue.environments().stream()
            .map(snapshot.environments()::get)
            .noneMatch(e -> e != null && e.backfill())) {
          return;
        }
      }
      Snapshot.Group out = next.group();
      left.removeIf(c -> c.group() == out);
    }
  }

  private Candidate next(Snapshot.Queue queue, List<Candidate> left) {
    Candidate best = null;
    for (Candidate c : left) {
      if (best == null || before(queue, c, best)) {
        best = c;
      }
    }
    return best;
  }

  private boolean before(Snapshot.Queue queue, Candidate a, Candidate b) {
    if (a.lane() == b.lane()) {
      if (a.job().priority() != b.job().priority()) {
        return a.job().priority() > b.job().priority();
      }
      return a.job().order() < b.job().order();
    }
    double scoreA = score(queue, a.lane());
    double scoreB = score(queue, b.lane());
    return scoreA < scoreB
        || (scoreA == scoreB && a.lane().share().compareTo(b.lane().share()) < 0);
  }

  private double score(Snapshot.Queue queue, Snapshot.Lane lane) {
    double vcpus = lane.usedVcpuMillis() / 1000.0;
    for (Placed p : placed) {
      if (p.queue().equals(queue.name()) && p.share().equals(lane.share())) {
        vcpus += p.group().needs().vcpuMillis() / 1000.0;
      }
    }
    return lane.factor() * (lane.recentVcpus() + vcpus);
  }

  private long held(Snapshot.Queue queue) {
    long held = queue.limit().usedVcpuMillis();
    for (Placed p : placed) {
      held += p.queue().equals(queue.name()) ? p.group().needs().vcpuMillis() : 0;
    }
    return held;
  }

  private boolean lacks(JobSpec.Needs needs) {
    for (ConsumableNeed need : needs.consumables()) {
      Snapshot.Consumable there = snapshot.consumables().get(need.consumableResource());
      long free = there == null ? 0 : Math.max(0, there.total() - there.inUse());
      for (Placed p : placed) {
        for (ConsumableNeed taken : p.group().needs().consumables()) {
          free -=
              taken.consumableResource().equals(need.consumableResource()) ? taken.quantity() : 0;
        }
      }
      if (need.quantity() > free) {
        return true;
      }
    }
    return false;
  }

  private Spot spot(Snapshot.Queue queue, JobSpec.Needs needs) {
    if (lacks(needs)) {
      return null;
    }
    for (String name : queue.environments()) {
      Snapshot.Environment e = snapshot.environments().get(name);
      if (e == null || !e.usable() || kept.contains(name)) {
        continue;
      }
      Spot spot = spot(e, needs, Set.of());
      if (spot != null) {
        return spot;
      }
      if (grows(e, needs)) {
        return null;
      }
    }
    return null;
  }

  private Spot spot(Snapshot.Environment e, JobSpec.Needs needs, Set<String> without) {
    if (e.fleet().isEmpty()) {
      boolean fits =
          needs.nodes() == 1
              && needs.size().gpus() == 0
              && used(e) + needs.vcpuMillis() <= e.maxVcpuMillis();
      return fits ? new Spot(e.name(), List.of()) : null;
    }
    if (needs.nodes() > 1 && !e.fleet().get().growth().gangs()) {
      return null;
    }
    List<String> found = new ArrayList<>();
    for (Snapshot.Instance i : e.fleet().get().up()) {
      boolean fits =
          needs.nodes() > 1 ? idle(i) && i.free().holds(needs.size()) : free(i).holds(needs.size());
      if (fits && !without.contains(i.id()) && found.size() < needs.nodes()) {
        found.add(i.id());
      }
    }
    return found.size() == needs.nodes() ? new Spot(e.name(), found) : null;
  }

  private long used(Snapshot.Environment e) {
    long used = e.usedVcpuMillis();
    for (Placed p : placed) {
      used += p.environment().equals(e.name()) ? p.group().needs().vcpuMillis() : 0;
    }
    return used;
  }

  private Size free(Snapshot.Instance i) {
    Size free = i.free();
    for (Placed p : placed) {
      if (p.instances().contains(i.id())) {
        free = p.group().needs().nodes() > 1 ? Size.NONE : free.minus(p.group().needs().size());
      }
    }
    return free;
  }

  private boolean idle(Snapshot.Instance i) {
    return i.idle() && placed.stream().noneMatch(p -> p.instances().contains(i.id()));
  }

  private boolean grows(Snapshot.Environment e, JobSpec.Needs needs) {
    if (e.fleet().isEmpty()) {
      return false;
    }
    Snapshot.Growth growth = e.fleet().get().growth();
    long missing = needs.nodes();
    if (needs.nodes() > 1) {
      if (!growth.gangs()) {
        return false;
      }
      for (Snapshot.Instance i : e.fleet().get().up()) {
        missing -= idle(i) && i.size().holds(needs.size()) ? 1 : 0;
      }
      for (Snapshot.Instance i : growth.coming()) {
        missing -= i.idle() && i.size().holds(needs.size()) ? 1 : 0;
      }
    } else {
      for (Snapshot.Instance i : growth.coming()) {
        missing -= i.free().holds(needs.size()) ? 1 : 0;
      }
    }
    return missing <= 0
        || launches(growth, growth.sizes(), needs.size(), missing, growth.leftVcpuMillis());
  }

  private static boolean launches(
      Snapshot.Growth growth, List<Size> sizes, Size size, long count, long left) {
    for (Size offered : sizes) {
      long before = left - (count - 1) * offered.vcpuMillis();
      if (offered.holds(size) && (growth.over() ? before > 0 : before >= offered.vcpuMillis())) {
        return true;
      }
    }
    return false;
  }

  private boolean could(Snapshot.Environment e, JobSpec.Needs needs) {
    if (e.fleet().isEmpty()) {
      return needs.nodes() == 1
          && needs.size().gpus() == 0
          && needs.vcpuMillis() <= e.maxVcpuMillis();
    }
    Snapshot.Growth growth = e.fleet().get().growth();
    if (needs.nodes() > 1 && !growth.gangs()) {
      return false;
    }
    long there = e.fleet().get().up().stream().filter(i -> i.size().holds(needs.size())).count();
    return there >= needs.nodes()
        || launches(growth, growth.all(), needs.size(), needs.nodes(), growth.mostVcpuMillis());
  }

  private Head head(Snapshot.Queue queue, Candidate waiting) {
    JobSpec.Needs needs = waiting.group().needs();
    Head nowhere = new Head(waiting.job(), needs, null, Set.of(), null);
    for (String name : queue.environments()) {
      Snapshot.Environment e = snapshot.environments().get(name);
      if (e == null || !e.usable() || kept.contains(name) || !could(e, needs)) {
        continue;
      }
      if (grows(e, needs)) {
        return nowhere;
      }
      Head head = claim(e, waiting.job(), needs);
      if (queue.aged().equals(Optional.of(waiting.job().jobId())) && !lacks(needs)) {
        kept.add(name);
      }
      return head;
    }
    return nowhere;
  }

  private Head claim(Snapshot.Environment e, WaitingJob job, JobSpec.Needs needs) {
    if (e.fleet().isEmpty()) {
      for (Instant t : ends(e, null)) {
        if (roomAt(e, t) >= needs.vcpuMillis()) {
          return new Head(job, needs, e.name(), Set.of(), t);
        }
      }
      return new Head(job, needs, e.name(), Set.of(), null);
    }
    List<Instant> whens = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (Snapshot.Instance i : e.fleet().get().up()) {
      Instant when = readyAt(e, i, needs);
      if (when != null) {
        int at = 0;
        while (at < whens.size() && !whens.get(at).isAfter(when)) {
          at++;
        }
        whens.add(at, when);
        ids.add(at, i.id());
      }
    }
    if (ids.size() < needs.nodes()) {
      return new Head(job, needs, e.name(), Set.of(), null);
    }
    return new Head(
        job,
        needs,
        e.name(),
        Set.copyOf(ids.subList(0, needs.nodes())),
        whens.get(needs.nodes() - 1));
  }

  /** When something ends there at the latest, in their order. */
  private static List<Instant> ends(Snapshot.Environment e, String instance) {
    Set<Instant> ends = new TreeSet<>();
    for (Snapshot.Held h : e.held()) {
      if (instance == null || h.instanceId().equals(instance)) {
        h.endsBy().ifPresent(ends::add);
      }
    }
    return List.copyOf(ends);
  }

  private long roomAt(Snapshot.Environment e, Instant t) {
    long room = e.maxVcpuMillis() - used(e);
    for (Snapshot.Held h : e.held()) {
      room += h.endsBy().map(end -> !end.isAfter(t)).orElse(false) ? h.size().vcpuMillis() : 0;
    }
    return room;
  }

  private long spare(Head head) {
    Snapshot.Environment e = snapshot.environments().get(head.environment());
    return e.fleet().isPresent() || head.at() == null
        ? 0
        : roomAt(e, head.at()) - head.needs().vcpuMillis();
  }

  private Instant readyAt(Snapshot.Environment e, Snapshot.Instance i, JobSpec.Needs needs) {
    if (!i.size().holds(needs.size())) {
      return null;
    }
    boolean given = placed.stream().anyMatch(p -> p.instances().contains(i.id()));
    List<Instant> times = new ArrayList<>();
    times.add(Instant.EPOCH);
    times.addAll(ends(e, i.id()));
    for (Instant t : times) {
      Size free = free(i);
      int on = 0;
      for (Snapshot.Held h : e.held()) {
        if (h.instanceId().equals(i.id())) {
          boolean over = h.endsBy().map(end -> !end.isAfter(t)).orElse(false);
          free = over ? free.plus(h.size()) : free;
          on += over ? 0 : 1;
        }
      }
      if (needs.nodes() > 1 ? on == 0 && !given : free.holds(needs.size())) {
        return t;
      }
    }
    return null;
  }

  private boolean inTime(Snapshot.Group group, Head head) {
    return head.at() != null
        && group.timeout().isPresent()
        && !snapshot.now().plus(group.timeout().get()).isAfter(head.at());
  }

  private Spot behind(Snapshot.Queue queue, Snapshot.Group group, Head head, long spare) {
    JobSpec.Needs needs = group.needs();
    boolean theSame =
        needs.consumables().stream()
            .anyMatch(
                n ->
                    head.needs().consumables().stream()
                        .anyMatch(h -> h.consumableResource().equals(n.consumableResource())));
    if (lacks(needs)
        || theSame
        || held(queue) + needs.vcpuMillis() > queue.limit().mostVcpuMillis()) {
      return null;
    }
    for (String name : queue.environments()) {
      Snapshot.Environment e = snapshot.environments().get(name);
      if (e == null || !e.usable() || !e.backfill()) {
        continue;
      }
      Spot spot;
      if (!name.equals(head.environment())) {
        spot = kept.contains(name) ? null : spot(e, needs, Set.of());
      } else if (head.at() == null) {
        boolean aged = queue.aged().equals(Optional.of(head.job().jobId()));
        spot = aged ? null : spot(e, needs, Set.of());
      } else if (inTime(group, head)) {
        spot = spot(e, needs, Set.of());
      } else if (e.fleet().isEmpty()) {
        spot = needs.vcpuMillis() <= spare ? spot(e, needs, Set.of()) : null;
      } else {
        spot = needs.nodes() > 1 ? null : spot(e, needs, head.claimed());
      }
      if (spot != null) {
        return spot;
      }
      if (!kept.contains(name) && grows(e, needs)) {
        return null;
      }
    }
    return null;
  }
}
