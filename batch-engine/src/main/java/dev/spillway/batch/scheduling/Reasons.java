package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why a job waits: what it asked for, what is free, where, and the way out. */
final class Reasons {
  static final String MAX_RESOURCE =
      "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
          + " cannot meet the CPU requirement of the job.";
  static final String JOB_RESOURCE =
      "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU)"
          + " is higher than that can be met by the CE(s) attached to the job queue.";
  static final String INVALID =
      "ACTION_REQUIRED - CE(s) associated with the job queue are invalid.";
  static final String NO_CAPACITY =
      "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for"
          + " instance type [%s]";

  private final Snapshot snapshot;
  private final Map<String, Long> takenOfConsumable;

  /** {@code takenOfConsumable} is what the pass gave away so far. */
  Reasons(Snapshot snapshot, Map<String, Long> takenOfConsumable) {
    this.snapshot = snapshot;
    this.takenOfConsumable = takenOfConsumable;
  }

  Optional<ConsumableNeed> shortOf(JobSpec.Needs needs) {
    for (ConsumableNeed need : needs.consumables()) {
      if (need.quantity() > available(need.consumableResource())) {
        return Optional.of(need);
      }
    }
    return Optional.empty();
  }

  private long available(String consumable) {
    Snapshot.Consumable there = snapshot.consumables().get(consumable);
    return there == null ? 0 : there.available() - takenOfConsumable.getOrDefault(consumable, 0L);
  }

  Decision.Leave leave(
      Snapshot.Queue queue, List<Room> rooms, WaitingJob job, JobSpec.Needs needs) {
    List<Room> usable = rooms.stream().filter(room -> room.environment.usable()).toList();
    if (usable.isEmpty()) {
      return new Decision.Leave(
          queue.name(),
          job.jobId(),
          "No compute environment of job queue %s takes jobs: %s. Enable one of them, or give the queue another."
              .formatted(queue.name(), conditions(queue)),
          Optional.of(INVALID));
    }
    List<Room> hostless = usable.stream().filter(Reasons::hostless).toList();
    if (!hostless.isEmpty()
        && usable.stream().noneMatch(room -> room.environment.couldHold(needs))) {
      return new Decision.Leave(
          queue.name(),
          job.jobId(),
          "Waiting for a place: needs %s; compute environment %s is unmanaged, and no host of it answers. Add one: ./spillway hosts add %s unix:///var/run/docker.sock."
              .formatted(
                  text(needs),
                  hostless.getFirst().environment.name(),
                  hostless.getFirst().environment.name()),
          Optional.empty());
    }
    if (usable.stream().noneMatch(room -> room.environment.couldHold(needs))) {
      return tooLarge(queue, usable, job, needs);
    }
    Optional<ConsumableNeed> lacking = shortOf(needs);
    if (lacking.isPresent()) {
      return new Decision.Leave(
          queue.name(), job.jobId(), waitsFor(lacking.get()), Optional.empty());
    }
    return new Decision.Leave(
        queue.name(),
        job.jobId(),
        "Waiting for a place: needs %s; %s."
            .formatted(
                text(needs),
                usable.stream().map(room -> room(room, needs)).collect(Collectors.joining("; "))),
        shortage(usable, needs));
  }

  /** It launches no instances, and has none. */
  private static boolean hostless(Room room) {
    return room.environment
        .fleet()
        .filter(f -> f.up().isEmpty() && f.growth() == Snapshot.Growth.NONE)
        .isPresent();
  }

  /** AWS's words, when no instance can be had where the job could run. */
  private static Optional<String> shortage(List<Room> usable, JobSpec.Needs needs) {
    List<Room> able = usable.stream().filter(r -> r.environment.couldHold(needs)).toList();
    return able.stream()
            .allMatch(
                r ->
                    r.environment.fleet().flatMap(f -> f.growth().shortOf()).isPresent()
                        && !r.grows(needs))
        ? able.getFirst()
            .environment
            .fleet()
            .flatMap(f -> f.growth().shortOf())
            .map(NO_CAPACITY::formatted)
        : Optional.empty();
  }

  Decision.Leave reserved(
      Snapshot.Queue queue, List<Room> rooms, WaitingJob job, JobSpec.Needs needs, long held) {
    if (rooms.stream().noneMatch(r -> r.environment.usable() && r.environment.couldHold(needs))) {
      return leave(queue, rooms, job, needs); // no reservation is in its way: it could not run
    }
    return new Decision.Leave(
        queue.name(),
        job.jobId(),
        "Waiting for a place: needs %s; with %d active shares the jobs of job queue %s may hold %s vCPU and hold %s, the rest is reserved for other shares (computeReservation)."
            .formatted(
                text(needs),
                queue.limit().activeShares(),
                queue.name(),
                vcpus(queue.limit().mostVcpuMillis()),
                vcpus(held)),
        Optional.empty());
  }

  private static Decision.Leave tooLarge(
      Snapshot.Queue queue, List<Room> usable, WaitingJob job, JobSpec.Needs needs) {
    long most = usable.stream().mapToLong(r -> r.environment.maxVcpuMillis()).max().getAsLong();
    if (needs.vcpuMillis() > most) {
      return new Decision.Leave(
          queue.name(),
          job.jobId(),
          "It needs %s; the largest maxvCpus of the compute environments of job queue %s is %s. Raise it to at least %s."
              .formatted(text(needs), queue.name(), vcpus(most), vcpus(needs.vcpuMillis())),
          Optional.of(MAX_RESOURCE));
    }
    return new Decision.Leave(
        queue.name(),
        job.jobId(),
        "It needs %s; %s. Ask for less, or give the queue a compute environment with larger instance types."
            .formatted(
                text(needs),
                usable.stream().map(Reasons::offers).collect(Collectors.joining("; "))),
        Optional.of(JOB_RESOURCE));
  }

  private static String offers(Room room) {
    String name = "compute environment " + room.environment.name();
    if (room.environment.fleet().isEmpty()) {
      return name + " has maxvCpus " + vcpus(room.environment.maxVcpuMillis()) + " and no GPU";
    }
    Snapshot.Fleet fleet = room.environment.fleet().get();
    Comparator<Size> bySize =
        Comparator.comparingLong(Size::vcpuMillis).thenComparingLong(Size::memoryMib);
    Optional<Size> largest =
        fleet.growth().all().stream()
            .max(bySize)
            .or(() -> fleet.up().stream().map(Snapshot.Instance::size).max(bySize));
    return largest
        .map(
            size ->
                "the largest instances of %s have %s (maxvCpus %s)"
                    .formatted(name, text(size), vcpus(room.environment.maxVcpuMillis())))
        .orElse(name + " has no instances");
  }

  private static String room(Room room, JobSpec.Needs needs) {
    Snapshot.Environment environment = room.environment;
    String name = "compute environment " + environment.name();
    if (room.keptFor.isPresent()) {
      return "%s keeps what comes free for job %s of job queue %s, which waits longer"
          .formatted(name, room.keptFor.get().jobId(), room.keptFor.get().queue());
    }
    if (environment.fleet().isEmpty()) {
      return "%s has %s of %s vCPU free"
          .formatted(name, vcpus(room.freeVcpuMillis()), vcpus(environment.maxVcpuMillis()));
    }
    Snapshot.Fleet fleet = environment.fleet().get();
    int coming = fleet.growth().coming().size();
    if (room.grows(needs)) {
      return coming > 0
          ? "%s has %d more instances coming up".formatted(name, coming)
          : "%s launches an instance for it".formatted(name);
    }
    return "%s has %s vCPU free on %d instances%s, maxvCpus %s%s"
        .formatted(
            name,
            vcpus(room.freeVcpuMillis()),
            fleet.up().size(),
            room.largestFree()
                .filter(_ -> fleet.up().size() > 1)
                .map(size -> ", the largest piece " + text(size))
                .orElse(""),
            vcpus(environment.maxVcpuMillis()),
            fleet
                .growth()
                .shortOf()
                .map(type -> ", and no %s can be had".formatted(type))
                .orElse(""));
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

  private static String text(JobSpec.Needs needs) {
    return needs.gang()
        ? "%d idle instances with %s each".formatted(needs.nodes(), text(needs.size()))
        : text(needs.size());
  }

  private static String text(Size size) {
    return "%s vCPU and %d MiB%s"
        .formatted(
            vcpus(size.vcpuMillis()),
            size.memoryMib(),
            size.gpus() == 0 ? "" : " and %d GPUs".formatted(size.gpus()));
  }

  static String vcpus(long millis) {
    return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
  }
}
