package dev.spillway.batch.scheduling;

import static dev.spillway.batch.testkit.Fixtures.T0;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Anything that the scheduler may be shown: with and without instances, gangs, timeouts. */
final class RandomSnapshots {
  private final Random random;
  private int jobs;

  private RandomSnapshots(Random random) {
    this.random = random;
  }

  static Snapshot of(long seed) {
    return new RandomSnapshots(new Random(seed)).snapshot();
  }

  private Snapshot snapshot() {
    Map<String, Snapshot.Environment> environments = new HashMap<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      environments.put("ce" + i, random.nextBoolean() ? slots("ce" + i) : fleet("ce" + i));
    }
    List<Snapshot.Queue> queues = new ArrayList<>();
    for (int q = 0; q < 1 + random.nextInt(5); q++) {
      List<String> order = new ArrayList<>(environments.keySet().stream().sorted().toList());
      Collections.shuffle(order, random);
      queues.add(queue("q" + q, order.subList(0, 1 + random.nextInt(count))));
    }
    return new Snapshot(
        T0,
        queues,
        environments,
        Map.of("licences", new Snapshot.Consumable(random.nextInt(6), random.nextInt(3))));
  }

  private Snapshot.Environment slots(String name) {
    List<Snapshot.Held> held = new ArrayList<>();
    long used = 0;
    for (int i = 0; i < random.nextInt(5); i++) {
      Size size = new Size(1000 * (1 + random.nextInt(4)), 64, 0);
      held.add(new Snapshot.Held("", size, ends()));
      used += size.vcpuMillis();
    }
    long max = used + random.nextInt(16) * 1000L;
    return new Snapshot.Environment(
        name, random.nextInt(6) > 0, max, used, Optional.empty(), random.nextBoolean(), held);
  }

  private Optional<Instant> ends() {
    return random.nextInt(3) == 0
        ? Optional.empty()
        : Optional.of(T0.plusSeconds(60L * random.nextInt(30)));
  }

  private Snapshot.Environment fleet(String name) {
    List<Size> sizes = new ArrayList<>();
    for (int i = 0; i < random.nextInt(4); i++) {
      int vcpus = 2 << random.nextInt(4);
      sizes.add(
          new Size(vcpus * 1000L, vcpus * (2048L << random.nextInt(3)), random.nextInt(8) / 7));
    }
    List<Snapshot.Held> held = new ArrayList<>();
    List<Snapshot.Instance> up = instances(name + "-up", sizes, held);
    List<Snapshot.Instance> coming = instances(name + "-coming", sizes, new ArrayList<>());
    long max = random.nextInt(64) * 1000L;
    long used = held.stream().mapToLong(h -> h.size().vcpuMillis()).sum();
    return new Snapshot.Environment(
        name,
        random.nextInt(6) > 0,
        max,
        used,
        Optional.of(
            new Snapshot.Fleet(
                up,
                new Snapshot.Growth(
                    random.nextBoolean() ? coming : List.of(),
                    random.nextInt(3) > 0 ? 0 : random.nextInt(24) * 1000L,
                    random.nextBoolean(),
                    random.nextBoolean() ? sizes : List.of(),
                    sizes,
                    max,
                    random.nextBoolean(),
                    Optional.empty()))),
        random.nextBoolean(),
        held);
  }

  private List<Snapshot.Instance> instances(
      String prefix, List<Size> sizes, List<Snapshot.Held> held) {
    List<Snapshot.Instance> instances = new ArrayList<>();
    for (int i = 0; !sizes.isEmpty() && i < random.nextInt(5); i++) {
      Size size = sizes.get(random.nextInt(sizes.size()));
      Size free = size;
      boolean idle = true;
      int most = random.nextBoolean() ? 0 : 4;
      for (int j = 0; j < most; j++) {
        Size its = new Size(1000 * (1 + random.nextInt(4)), 256L << random.nextInt(4), 0);
        if (free.holds(its)) {
          free = free.minus(its);
          idle = false;
          held.add(new Snapshot.Held(prefix + i, its, ends()));
        }
      }
      instances.add(new Snapshot.Instance(prefix + i, size, free, idle));
    }
    return instances;
  }

  private Snapshot.Queue queue(String name, List<String> environments) {
    List<Snapshot.Lane> lanes = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    boolean fair = random.nextBoolean();
    for (int l = 0; l < (fair ? 1 + random.nextInt(4) : 1); l++) {
      List<Snapshot.Group> groups = new ArrayList<>();
      for (int g = 0; g < 1 + random.nextInt(4); g++) {
        groups.add(group(name + "-" + l + "-" + g + "-", fair, ids));
      }
      groups.sort(
          (a, b) -> a.waiting().iterator().next().before(b.waiting().iterator().next()) ? -1 : 1);
      lanes.add(
          new Snapshot.Lane(
              fair ? "share" + l : "",
              fair ? (1 + random.nextInt(8)) / 4.0 : 1,
              fair ? random.nextInt(8) : 0,
              fair ? random.nextInt(4) * 1000L : 0,
              groups));
    }
    return new Snapshot.Queue(
        name,
        environments,
        lanes,
        fair && random.nextBoolean()
            ? new Snapshot.Limit(random.nextInt(24) * 1000L, random.nextInt(6) * 1000L, 2)
            : Snapshot.Limit.NONE,
        random.nextBoolean() ? Optional.empty() : Optional.of(ids.get(random.nextInt(ids.size()))));
  }

  private Snapshot.Group group(String prefix, boolean fair, List<String> ids) {
    List<ConsumableNeed> consumables =
        random.nextInt(8) == 0
            ? List.of(new ConsumableNeed("licences", 1 + random.nextInt(2)))
            : List.of();
    var needs =
        new JobSpec.Needs(
            new Size(
                1000L * (1 + random.nextInt(8)), 4L << random.nextInt(13), random.nextInt(12) / 11),
            random.nextInt(6) == 0 ? 2 + random.nextInt(2) : 1,
            consumables);
    List<WaitingJob> waiting = new ArrayList<>();
    for (int j = 0; j < 1 + random.nextInt(5); j++) {
      waiting.add(
          new WaitingJob(
              prefix + j, fair ? random.nextInt(3) : 0, random.nextInt(100) * 1000L + jobs++, T0));
    }
    waiting.sort((a, b) -> a.before(b) ? -1 : 1);
    waiting.forEach(job -> ids.add(job.jobId()));
    return new Snapshot.Group(
        needs,
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(Duration.ofMinutes(1 + random.nextInt(30))),
        waiting.size(),
        waiting);
  }
}
