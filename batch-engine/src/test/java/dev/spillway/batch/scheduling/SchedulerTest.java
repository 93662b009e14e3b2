package dev.spillway.batch.scheduling;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final int SNAPSHOTS = 10_000;
  private static final Snapshot.Host HOST = new Snapshot.Host(8_000, 16_384, 0, 0);

  private static Snapshot.Environment environment(String name, int maxVcpus) {
    return new Snapshot.Environment(name, true, maxVcpus * 1000L, 0);
  }

  private static Snapshot.Queue queue(String name, List<String> environments, WaitingJob... jobs) {
    return Snapshot.Queue.fifo(name, environments, List.of(jobs));
  }

  private static WaitingJob job(String id, int vcpus, int memoryMib) {
    return new WaitingJob(id, JobSpec.Needs.of(vcpus * 1000, memoryMib), T0);
  }

  private static List<Decision> decide(
      List<Snapshot.Queue> queues, Snapshot.Host host, Snapshot.Environment... environments) {
    Map<String, Snapshot.Environment> byName = new HashMap<>();
    Stream.of(environments).forEach(e -> byName.put(e.name(), e));
    return Scheduler.decide(new Snapshot(queues, byName, Map.of(), host));
  }

  @Test
  void the_head_blocks_its_own_queue_and_no_other() {
    var decisions =
        decide(
            List.of(
                queue("a", List.of("ce"), job("big", 4, 64), job("small", 1, 64)),
                queue("b", List.of("ce"), job("other", 1, 64))),
            HOST,
            environment("ce", 2));
    assertThat(decisions)
        .containsExactly(
            new Decision.Leave(
                "a",
                "big",
                "It needs 4 vCPU; the largest maxvCpus of the compute environments of job queue a is"
                    + " 2. Raise it to at least 4.",
                Optional.of(Scheduler.MAX_RESOURCE)),
            new Decision.Place("b", "other", "ce"));
  }

  @Test
  void the_second_environment_takes_the_overflow() {
    var decisions =
        decide(
            List.of(
                queue("a", List.of("x", "y"), job("1", 2, 64), job("2", 2, 64), job("3", 2, 64))),
            HOST,
            environment("x", 2),
            environment("y", 3));
    assertThat(decisions)
        .containsExactly(
            new Decision.Place("a", "1", "x"),
            new Decision.Place("a", "2", "y"),
            new Decision.Leave(
                "a",
                "3",
                "Waiting for a place: needs 2 vCPU; compute environment x has 0 of 2 vCPU free;"
                    + " compute environment y has 1 of 3 vCPU free.",
                Optional.empty()));
  }

  @Test
  void a_job_larger_than_the_host_runs_alone() {
    var host = new Snapshot.Host(2_000, 1_024, 0, 0);
    var huge = job("huge", 64, 500_000);
    assertThat(
            decide(
                List.of(queue("a", List.of("ce"), huge, job("next", 1, 64))),
                host,
                environment("ce", 128)))
        .first()
        .isEqualTo(new Decision.Place("a", "huge", "ce"));
    var busy = new Snapshot.Host(2_000, 1_024, 1_000, 64);
    assertThat(decide(List.of(queue("a", List.of("ce"), huge)), busy, environment("ce", 128)))
        .containsExactly(
            new Decision.Leave(
                "a",
                "huge",
                "Waiting for a place on the host: needs 2 vCPU and 1024 MiB, free are 1 of 2 vCPU"
                    + " and 960 of 1024 MiB.",
                Optional.empty()));
  }

  @Test
  void without_a_usable_environment_the_reason_says_so() {
    var off = new Snapshot.Environment("ce", false, 8_000, 0);
    assertThat(decide(List.of(queue("a", List.of("ce"), job("1", 1, 64))), HOST, off))
        .containsExactly(
            new Decision.Leave(
                "a",
                "1",
                "No compute environment of job queue a takes jobs: ce is DISABLED or not VALID."
                    + " Enable one of them, or give the queue another.",
                Optional.of(Scheduler.INVALID)));
  }

  @Test
  void a_consumable_resource_is_handed_out_once_and_its_shortage_is_told() {
    var licences = Map.of("licences", new Snapshot.Consumable(3, 1));
    var needs = new JobSpec.Needs(1_000, 64, List.of(new ConsumableNeed("licences", 2)));
    var queue =
        queue("a", List.of("ce"), new WaitingJob("1", needs, T0), new WaitingJob("2", needs, T0));
    assertThat(
            Scheduler.decide(
                new Snapshot(List.of(queue), Map.of("ce", environment("ce", 8)), licences, HOST)))
        .containsExactly(
            new Decision.Place("a", "1", "ce"),
            new Decision.Leave(
                "a",
                "2",
                "Waiting for 2 of consumable resource licences: 0 of 3 are available.",
                Optional.empty()));
  }

  @Test
  void a_pass_looks_at_no_more_of_the_backlog_than_it_places() {
    int[] looked = {0};
    Iterable<WaitingJob> endless =
        () ->
            new Iterator<>() {
              @Override
              public boolean hasNext() {
                return true;
              }

              @Override
              public WaitingJob next() {
                return job("j" + looked[0]++, 1, 64);
              }
            };
    var decisions =
        decide(
            List.of(Snapshot.Queue.fifo("a", List.of("ce"), endless)),
            HOST,
            environment("ce", 1000));
    assertThat(decisions).hasSize(9);
    assertThat(looked[0]).isEqualTo(9);
  }

  private static Snapshot.Lane lane(
      String share, double factor, double recent, WaitingJob... jobs) {
    return new Snapshot.Lane(share, factor, recent, 0, List.of(jobs));
  }

  @Test
  void the_share_that_has_used_least_for_its_weight_is_next() {
    var queue =
        new Snapshot.Queue(
            "a",
            List.of("ce"),
            List.of(
                lane("A", 1, 0, job("a1", 1, 64), job("a2", 1, 64), job("a3", 1, 64)),
                lane("B", 0.5, 0, job("b1", 1, 64), job("b2", 1, 64), job("b3", 1, 64)),
                lane("C", 1, 9, job("c1", 1, 64))),
            Snapshot.Limit.NONE);
    assertThat(decide(List.of(queue), HOST, environment("ce", 5)))
        .filteredOn(Decision.Place.class::isInstance)
        .extracting(d -> ((Decision.Place) d).jobId())
        .containsExactly("a1", "b1", "b2", "a2", "b3");
  }

  @Test
  void what_is_reserved_for_other_shares_is_kept_free_and_told() {
    var lanes = List.of(lane("A", 1, 0, job("a1", 2, 64), job("a2", 2, 64)));
    var queue = new Snapshot.Queue("a", List.of("ce"), lanes, new Snapshot.Limit(3_000, 0, 1));
    assertThat(decide(List.of(queue), HOST, environment("ce", 6)))
        .containsExactly(
            new Decision.Place("a", "a1", "ce"),
            new Decision.Leave(
                "a",
                "a2",
                "Waiting for a place: needs 2 vCPU; with 1 active shares the jobs of job queue a"
                    + " may hold 3 vCPU and hold 2, the rest is reserved for other shares"
                    + " (computeReservation).",
                Optional.empty()));
    var large = List.of(lane("A", 1, 0, job("large", 5, 64)));
    assertThat(
            decide(
                List.of(
                    new Snapshot.Queue("a", List.of("ce"), large, new Snapshot.Limit(3_000, 0, 1))),
                HOST,
                environment("ce", 6)))
        .containsExactly(new Decision.Place("a", "large", "ce"));
  }

  @Test
  void for_any_snapshot_it_decides_as_a_naive_one_does_and_promises_nothing_twice() {
    int places = 0;
    int leaves = 0;
    for (long seed = 1; seed <= SNAPSHOTS; seed++) {
      Snapshot snapshot = random(new Random(seed));
      List<Decision> decisions = Scheduler.decide(snapshot);
      assertThat(NaiveScheduler.decide(snapshot))
          .as("seed " + seed)
          .isEqualTo(decisions.stream().map(NaiveScheduler::brief).toList());
      nothing_is_promised_twice(snapshot, decisions, "seed " + seed);
      places += (int) decisions.stream().filter(Decision.Place.class::isInstance).count();
      leaves += (int) decisions.stream().filter(Decision.Leave.class::isInstance).count();
    }
    System.out.printf(
        "scheduler: snapshots %d, equal to the naive one %d, places %d, leaves %d, promised twice 0%n",
        SNAPSHOTS, SNAPSHOTS, places, leaves);
  }

  private static Snapshot random(Random random) {
    Map<String, Snapshot.Environment> environments = new HashMap<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      long max = random.nextInt(20) * 1000L;
      environments.put(
          "ce" + i,
          new Snapshot.Environment(
              "ce" + i, random.nextInt(5) > 0, max, max == 0 ? 0 : random.nextLong(max + 1)));
    }
    Map<String, Snapshot.Consumable> consumables =
        Map.of("licences", new Snapshot.Consumable(random.nextInt(6), random.nextInt(3)));
    List<Snapshot.Queue> queues = new ArrayList<>();
    for (int q = 0; q < 1 + random.nextInt(5); q++) {
      List<Snapshot.Lane> lanes = new ArrayList<>();
      boolean fair = random.nextBoolean();
      for (int l = 0; l < (fair ? 1 + random.nextInt(4) : 1); l++) {
        List<WaitingJob> jobs = new ArrayList<>();
        for (int j = 0; j < 1 + random.nextInt(12); j++) {
          List<ConsumableNeed> needs =
              random.nextInt(8) == 0
                  ? List.of(new ConsumableNeed("licences", 1 + random.nextInt(2)))
                  : List.of();
          jobs.add(
              new WaitingJob(
                  "q" + q + "-" + l + "-" + j,
                  new JobSpec.Needs(
                      1000 * (1 + random.nextInt(12)), 4 << random.nextInt(13), needs),
                  T0));
        }
        lanes.add(
            new Snapshot.Lane(
                fair ? "share" + l : "",
                fair ? (1 + random.nextInt(8)) / 4.0 : 1,
                fair ? random.nextInt(8) : 0,
                fair ? random.nextInt(4) * 1000L : 0,
                jobs));
      }
      List<String> order = new ArrayList<>(environments.keySet().stream().sorted().toList());
      Collections.shuffle(order, random);
      queues.add(
          new Snapshot.Queue(
              "q" + q,
              order.subList(0, 1 + random.nextInt(count)),
              lanes,
              fair && random.nextBoolean()
                  ? new Snapshot.Limit(random.nextInt(24) * 1000L, random.nextInt(6) * 1000L, 2)
                  : Snapshot.Limit.NONE));
    }
    long vcpus = 1000L * (1 + random.nextInt(96));
    long memory = 1024L * (1 + random.nextInt(256));
    return new Snapshot(
        queues,
        environments,
        consumables,
        new Snapshot.Host(vcpus, memory, random.nextLong(vcpus + 1), random.nextLong(memory + 1)));
  }

  private static void nothing_is_promised_twice(
      Snapshot snapshot, List<Decision> decisions, String seed) {
    Map<String, JobSpec.Needs> needs = new HashMap<>();
    for (Snapshot.Queue queue : snapshot.queues()) {
      for (Snapshot.Lane lane : queue.lanes()) {
        lane.waiting().forEach(job -> needs.put(job.jobId(), job.needs()));
      }
    }
    Map<String, Long> used = new HashMap<>();
    snapshot.environments().forEach((name, e) -> used.put(name, e.usedVcpuMillis()));
    long vcpus = snapshot.host().usedVcpuMillis();
    long memory = snapshot.host().usedMemoryMib();
    Set<String> seen = new HashSet<>();
    for (Decision decision : decisions) {
      switch (decision) {
        case Decision.Place(_, String id, String ce) -> {
          JobSpec.Needs its = needs.get(id);
          used.merge(ce, (long) its.vcpuMillis(), Long::sum);
          Snapshot.Slot slot = snapshot.host().slot(its.vcpuMillis(), its.memoryMib());
          vcpus += slot.vcpuMillis();
          memory += slot.memoryMib();
          assertThat(seen.add(id)).as(seed).isTrue();
        }
        case Decision.Leave(String queue, String id, String reason, _) -> {
          assertThat(reason).as(seed).isNotBlank();
          assertThat(seen.add(id)).as(seed).isTrue();
          assertThat(seen.add("left " + queue)).as(seed + ": one reason a queue").isTrue();
        }
      }
    }
    assertThat(vcpus).as(seed).isLessThanOrEqualTo(snapshot.host().vcpuMillis());
    assertThat(memory).as(seed).isLessThanOrEqualTo(snapshot.host().memoryMib());
    used.forEach(
        (name, sum) ->
            assertThat(sum)
                .as(seed)
                .isLessThanOrEqualTo(
                    Math.max(
                        snapshot.environments().get(name).maxVcpuMillis(),
                        snapshot.environments().get(name).usedVcpuMillis())));
  }
}
