package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Chooses what starts now. Strict per queue: the job that is next and finds no place blocks its
 * queue, never another one. Who is next says the {@link Line}. Queues are served in the order
 * given, the environments of a queue in theirs: the first that has room, or that grows, gets the
 * job.
 *
 * <p>Jobs pass a head that waits only on environments that allow it, and only where they cannot
 * delay it: they end by their timeout before the room for it is free, or stand beside it. Where
 * nothing bounds when that room is free they pass until the head has aged. For a head that has
 * aged, what comes free is kept, also from the queues that are served later.
 *
 * <p>Shape: pure; costs what it places, plus the groups that wait where jobs may pass, plus the
 * instances of the environments it looks at; not the length of the backlog. <br>
 * Source: AWS Batch user guide, job scheduling (FIFO and fair share), job queue priority, compute
 * environment order, jobs stuck in RUNNABLE.
 */
public final class Scheduler {
  private Scheduler() {}

  /** Places for every head that fits, and one {@code Leave} for each queue that still waits. */
  public static List<Decision> decide(Snapshot snapshot) {
    var pass = new Pass(snapshot);
    snapshot.queues().forEach(pass::serve);
    return pass.decisions;
  }

  /** A place on an environment. */
  private record Found(Room room, int[] places) {}

  /** A head that waits, and what it will take; no room when it waits for none that is there. */
  private record Head(WaitingJob job, JobSpec.Needs needs, Room room, Room.Claim claim) {}

  private static final class Pass {
    private final Snapshot snapshot;
    private final Reasons reasons;
    private final Map<String, Room> rooms = new HashMap<>();
    private final Map<String, Long> takenOfConsumable = new HashMap<>();
    private final List<Decision> decisions = new ArrayList<>();

    Pass(Snapshot snapshot) {
      this.snapshot = snapshot;
      this.reasons = new Reasons(snapshot, takenOfConsumable);
    }

    void serve(Snapshot.Queue queue) {
      Line line = new Line(queue.lanes());
      List<Room> its = rooms(queue);
      long held = queue.limit().usedVcpuMillis();
      for (WaitingJob job = line.next(); job != null; job = line.next()) {
        JobSpec.Needs needs = line.group().needs();
        // What is larger than all that is not reserved runs alone.
        if (held > 0 && held + needs.vcpuMillis() > queue.limit().mostVcpuMillis()) {
          decisions.add(reasons.reserved(queue, its, job, needs, held));
          return;
        }
        Found found = reasons.shortOf(needs).isPresent() ? null : find(its, needs);
        if (found == null) {
          decisions.add(reasons.leave(queue, its, job, needs));
          pass(queue, its, line, held, head(queue, its, job, needs));
          return;
        }
        place(queue, job, needs, found);
        held += needs.vcpuMillis();
        line.placed();
      }
    }

    private List<Room> rooms(Snapshot.Queue queue) {
      List<Room> its = new ArrayList<>(queue.environments().size());
      for (String name : queue.environments()) {
        Snapshot.Environment environment = snapshot.environments().get(name);
        if (environment != null) {
          its.add(rooms.computeIfAbsent(name, _ -> new Room(environment)));
        }
      }
      return its;
    }

    private static Found find(List<Room> rooms, JobSpec.Needs needs) {
      for (Room room : rooms) {
        if (!room.open()) {
          continue;
        }
        int[] places = room.find(needs);
        if (places != null) {
          return new Found(room, places);
        }
        if (room.grows(needs)) {
          return null;
        }
      }
      return null;
    }

    private void place(Snapshot.Queue queue, WaitingJob job, JobSpec.Needs needs, Found found) {
      List<String> instances = found.room().take(needs, found.places());
      for (ConsumableNeed need : needs.consumables()) {
        takenOfConsumable.merge(need.consumableResource(), need.quantity(), Long::sum);
      }
      decisions.add(
          new Decision.Place(
              queue.name(), job.jobId(), found.room().environment.name(), instances));
    }

    /** What the head waits for; when it has aged, that is closed to all who come later. */
    private Head head(Snapshot.Queue queue, List<Room> rooms, WaitingJob job, JobSpec.Needs needs) {
      for (Room room : rooms) {
        if (room.open() && room.environment.couldHold(needs)) {
          if (room.grows(needs)) {
            return new Head(
                job, needs, null, null); // it will come to a place that is not there yet
          }
          Room.Claim claim = room.environment.backfill() ? room.claim(needs) : null;
          if (aged(queue, job) && reasons.shortOf(needs).isEmpty()) {
            room.keptFor = Optional.of(new Room.Holder(job.jobId(), queue.name()));
          }
          return new Head(job, needs, room, claim);
        }
      }
      return new Head(job, needs, null, null);
    }

    private static boolean aged(Snapshot.Queue queue, WaitingJob head) {
      return queue.aged().filter(head.jobId()::equals).isPresent();
    }

    /** Those behind a head that waits, group by group: each is placed until it finds no place. */
    private void pass(
        Snapshot.Queue queue, List<Room> rooms, Line line, long heldBefore, Head head) {
      if (rooms.stream().noneMatch(room -> room.environment.backfill())) {
        return;
      }
      long held = heldBefore;
      line.skipped();
      long spare = head.claim() == null ? 0 : head.claim().spareVcpuMillis();
      for (WaitingJob job = line.next(); job != null; job = line.next()) {
        Snapshot.Group group = line.group();
        boolean allowed =
            held + group.needs().vcpuMillis() <= queue.limit().mostVcpuMillis()
                && reasons.shortOf(group.needs()).isEmpty()
                && !needTheSame(group.needs(), head.needs());
        Found found = allowed ? findBehind(queue, rooms, group, head, spare) : null;
        if (found == null) {
          line.skipped();
          continue;
        }
        if (found.room() == head.room()
            && found.places() == Room.SLOT
            && !head.claim().inTime(group, snapshot.now())) {
          spare -= group.needs().vcpuMillis();
        }
        place(queue, job, group.needs(), found);
        held += group.needs().vcpuMillis();
        line.placed();
      }
    }

    private Found findBehind(
        Snapshot.Queue queue, List<Room> rooms, Snapshot.Group group, Head head, long spare) {
      for (Room room : rooms) {
        if (!room.environment.usable() || !room.environment.backfill()) {
          continue;
        }
        int[] places;
        if (room == head.room()) {
          boolean bounded = head.claim().at().isPresent();
          places =
              bounded
                  ? room.find(group, head.claim().spare(spare), snapshot.now())
                  : aged(queue, head.job()) ? null : room.find(group.needs());
        } else {
          places = room.keptFor.isPresent() ? null : room.find(group.needs());
        }
        if (places != null) {
          return new Found(room, places);
        }
        if (room.keptFor.isEmpty() && room.grows(group.needs())) {
          return null;
        }
      }
      return null;
    }

    private static boolean needTheSame(JobSpec.Needs one, JobSpec.Needs other) {
      for (ConsumableNeed need : one.consumables()) {
        for (ConsumableNeed its : other.consumables()) {
          if (its.consumableResource().equals(need.consumableResource())) {
            return true;
          }
        }
      }
      return false;
    }
  }
}
