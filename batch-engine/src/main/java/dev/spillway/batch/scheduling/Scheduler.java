package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Chooses what starts now. Strict per queue: the job that is next and finds no place blocks its
 * queue, never another one. Who is next says the {@link Line}: first come, first, or the share that
 * has used least. Queues are served in the order given, the environments of a queue in theirs.
 *
 * <p>Shape: pure; costs what it places plus one look per queue, not the length of the backlog. <br>
 * Units: thousandths of a vCPU; MiB. <br>
 * Source: AWS Batch user guide, job scheduling (FIFO and fair share), job queue priority, jobs
 * stuck in RUNNABLE.
 */
public final class Scheduler {
  public static final String MAX_RESOURCE =
      "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
          + " cannot meet the CPU requirement of the job.";
  public static final String INVALID =
      "ACTION_REQUIRED - CE(s) associated with the job queue are invalid.";

  private Scheduler() {}

  /** Places for every head that fits, and one {@code Leave} for each queue that still waits. */
  public static List<Decision> decide(Snapshot snapshot) {
    var pass = new Pass(snapshot);
    snapshot.queues().forEach(pass::serve);
    return pass.decisions;
  }

  private static final class Pass {
    private final Snapshot snapshot;
    private final Map<String, Long> usedByEnvironment = new HashMap<>();
    private final Map<String, Long> takenOfConsumable = new HashMap<>();
    private final List<Decision> decisions = new ArrayList<>();
    private long usedVcpuMillis;
    private long usedMemoryMib;

    Pass(Snapshot snapshot) {
      this.snapshot = snapshot;
      this.usedVcpuMillis = snapshot.host().usedVcpuMillis();
      this.usedMemoryMib = snapshot.host().usedMemoryMib();
      snapshot.environments().forEach((name, e) -> usedByEnvironment.put(name, e.usedVcpuMillis()));
    }

    void serve(Snapshot.Queue queue) {
      Line line = new Line(queue.lanes());
      long held = queue.limit().usedVcpuMillis();
      for (WaitingJob job = line.next(); job != null; job = line.next()) {
        // What is larger than all that is not reserved runs alone.
        if (held > 0 && held + job.needs().vcpuMillis() > queue.limit().mostVcpuMillis()) {
          decisions.add(reserved(queue, job, held));
          return;
        }
        Optional<Snapshot.Environment> place = place(queue, job.needs());
        if (place.isEmpty()) {
          decisions.add(leave(queue, job));
          return;
        }
        take(job.needs(), place.get());
        held += job.needs().vcpuMillis();
        line.placed();
        decisions.add(new Decision.Place(queue.name(), job.jobId(), place.get().name()));
      }
    }

    /** The first environment with room, when the host and the consumables have some too. */
    private Optional<Snapshot.Environment> place(Snapshot.Queue queue, JobSpec.Needs needs) {
      if (!hostHasRoom(needs) || shortOf(needs).isPresent()) {
        return Optional.empty();
      }
      return usable(queue)
          .filter(e -> usedByEnvironment.get(e.name()) + needs.vcpuMillis() <= e.maxVcpuMillis())
          .findFirst();
    }

    private void take(JobSpec.Needs needs, Snapshot.Environment place) {
      Snapshot.Slot slot = snapshot.host().slot(needs.vcpuMillis(), needs.memoryMib());
      usedVcpuMillis += slot.vcpuMillis();
      usedMemoryMib += slot.memoryMib();
      usedByEnvironment.merge(place.name(), (long) needs.vcpuMillis(), Long::sum);
      needs
          .consumables()
          .forEach(n -> takenOfConsumable.merge(n.consumableResource(), n.quantity(), Long::sum));
    }

    private Stream<Snapshot.Environment> usable(Snapshot.Queue queue) {
      return queue.environments().stream()
          .map(snapshot.environments()::get)
          .filter(e -> e != null && e.usable());
    }

    private boolean hostHasRoom(JobSpec.Needs needs) {
      Snapshot.Slot slot = snapshot.host().slot(needs.vcpuMillis(), needs.memoryMib());
      return usedVcpuMillis + slot.vcpuMillis() <= snapshot.host().vcpuMillis()
          && usedMemoryMib + slot.memoryMib() <= snapshot.host().memoryMib();
    }

    private Optional<ConsumableNeed> shortOf(JobSpec.Needs needs) {
      return needs.consumables().stream()
          .filter(n -> n.quantity() > available(n.consumableResource()))
          .findFirst();
    }

    private long available(String consumable) {
      Snapshot.Consumable there = snapshot.consumables().get(consumable);
      return there == null ? 0 : there.available() - takenOfConsumable.getOrDefault(consumable, 0L);
    }

    private Decision.Leave leave(Snapshot.Queue queue, WaitingJob job) {
      List<Snapshot.Environment> usable = usable(queue).toList();
      JobSpec.Needs needs = job.needs();
      if (usable.isEmpty()) {
        return new Decision.Leave(
            queue.name(),
            job.jobId(),
            "No compute environment of job queue %s takes jobs: %s. Enable one of them, or give the queue another."
                .formatted(queue.name(), conditions(queue)),
            Optional.of(INVALID));
      }
      long most = usable.stream().mapToLong(Snapshot.Environment::maxVcpuMillis).max().getAsLong();
      if (needs.vcpuMillis() > most) {
        return new Decision.Leave(
            queue.name(),
            job.jobId(),
            "It needs %s vCPU; the largest maxvCpus of the compute environments of job queue %s is %s. Raise it to at least %s."
                .formatted(
                    vcpus(needs.vcpuMillis()),
                    queue.name(),
                    vcpus(most),
                    vcpus(needs.vcpuMillis())),
            Optional.of(MAX_RESOURCE));
      }
      return new Decision.Leave(
          queue.name(),
          job.jobId(),
          shortOf(needs).map(this::waitsFor).orElseGet(() -> waitsForPlace(usable, needs)),
          Optional.empty());
    }

    private Decision.Leave reserved(Snapshot.Queue queue, WaitingJob job, long held) {
      if (usable(queue).noneMatch(e -> job.needs().vcpuMillis() <= e.maxVcpuMillis())) {
        return leave(queue, job); // no reservation is in its way: it could not run anyhow
      }
      return new Decision.Leave(
          queue.name(),
          job.jobId(),
          "Waiting for a place: needs %s vCPU; with %d active shares the jobs of job queue %s may hold %s vCPU and hold %s, the rest is reserved for other shares (computeReservation)."
              .formatted(
                  vcpus(job.needs().vcpuMillis()),
                  queue.limit().activeShares(),
                  queue.name(),
                  vcpus(queue.limit().mostVcpuMillis()),
                  vcpus(held)),
          Optional.empty());
    }

    private String conditions(Snapshot.Queue queue) {
      return queue.environments().stream()
          .map(
              name ->
                  name
                      + (snapshot.environments().containsKey(name)
                          ? " is DISABLED or not VALID"
                          : " does not exist"))
          .collect(Collectors.joining(", "));
    }

    private String waitsFor(ConsumableNeed need) {
      Snapshot.Consumable there = snapshot.consumables().get(need.consumableResource());
      return there == null
          ? "Waiting for %d of consumable resource %s, which does not exist any more."
              .formatted(need.quantity(), need.consumableResource())
          : "Waiting for %d of consumable resource %s: %d of %d are available."
              .formatted(
                  need.quantity(),
                  need.consumableResource(),
                  available(need.consumableResource()),
                  there.total());
    }

    private String waitsForPlace(List<Snapshot.Environment> usable, JobSpec.Needs needs) {
      if (!hostHasRoom(needs)) {
        Snapshot.Slot slot = snapshot.host().slot(needs.vcpuMillis(), needs.memoryMib());
        return "Waiting for a place on the host: needs %s vCPU and %d MiB, free are %s of %s vCPU and %d of %d MiB."
            .formatted(
                vcpus(slot.vcpuMillis()),
                slot.memoryMib(),
                vcpus(snapshot.host().vcpuMillis() - usedVcpuMillis),
                vcpus(snapshot.host().vcpuMillis()),
                snapshot.host().memoryMib() - usedMemoryMib,
                snapshot.host().memoryMib());
      }
      StringBuilder text =
          new StringBuilder(
              "Waiting for a place: needs %s vCPU".formatted(vcpus(needs.vcpuMillis())));
      for (Snapshot.Environment e : usable) {
        text.append(
            "; compute environment %s has %s of %s vCPU free"
                .formatted(
                    e.name(),
                    vcpus(Math.max(0, e.maxVcpuMillis() - usedByEnvironment.get(e.name()))),
                    vcpus(e.maxVcpuMillis())));
      }
      return text.append('.').toString();
    }

    private static String vcpus(long millis) {
      return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
    }
  }
}
