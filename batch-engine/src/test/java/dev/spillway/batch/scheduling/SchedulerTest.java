package dev.spillway.batch.scheduling;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final int SNAPSHOTS = 10_000;

  private int order;

  private static Snapshot.Environment environment(String name, int maxVcpus) {
    return Snapshot.Environment.slots(name, true, maxVcpus * 1000L, 0);
  }

  /** {@code growing} may launch one of the same size. */
  private static Snapshot.Environment fleet(
      String name, boolean growing, Snapshot.Instance... instances) {
    return fleet(name, growing, false, List.of(), instances);
  }

  private static Snapshot.Environment fleet(
      String name,
      boolean growing,
      boolean backfill,
      List<Snapshot.Held> held,
      Snapshot.Instance... instances) {
    List<Size> sizes = Stream.of(instances).map(Snapshot.Instance::size).distinct().toList();
    return new Snapshot.Environment(
        name,
        true,
        64_000,
        0,
        Optional.of(
            new Snapshot.Fleet(
                List.of(instances),
                new Snapshot.Growth(
                    List.of(),
                    growing ? 64_000 : 0,
                    true,
                    sizes,
                    sizes,
                    64_000,
                    true,
                    Optional.empty()))),
        backfill,
        held);
  }

  private static Snapshot.Instance instance(String id, int vcpus, int free) {
    return new Snapshot.Instance(
        id,
        new Size(vcpus * 1000L, vcpus * 4096L, 0),
        new Size(free * 1000L, free * 4096L, 0),
        vcpus == free);
  }

  /** A job, as the only one of its group. */
  private Snapshot.Group job(String id, int vcpus, int memoryMib) {
    return group(JobSpec.Needs.of(vcpus * 1000, memoryMib), Optional.empty(), id);
  }

  private Snapshot.Group within(Duration timeout, String id, int vcpus) {
    return group(JobSpec.Needs.of(vcpus * 1000, 64), Optional.of(timeout), id);
  }

  private Snapshot.Group group(JobSpec.Needs needs, Optional<Duration> timeout, String... ids) {
    List<WaitingJob> jobs = Stream.of(ids).map(id -> new WaitingJob(id, 0, order++, T0)).toList();
    return new Snapshot.Group(needs, timeout, jobs.size(), jobs);
  }

  private static Snapshot.Queue queue(
      String name, List<String> environments, Snapshot.Group... groups) {
    return Snapshot.Queue.fifo(name, environments, List.of(groups));
  }

  private static List<Decision> decide(
      List<Snapshot.Queue> queues, Snapshot.Environment... environments) {
    Map<String, Snapshot.Environment> byName = new HashMap<>();
    Stream.of(environments).forEach(e -> byName.put(e.name(), e));
    return Scheduler.decide(new Snapshot(T0, queues, byName, Map.of()));
  }

  private static List<String> brief(List<Decision> decisions) {
    return decisions.stream().map(NaiveScheduler::brief).toList();
  }

  @Test
  void the_head_blocks_its_own_queue_and_no_other() {
    var decisions =
        decide(
            List.of(
                queue("a", List.of("ce"), job("big", 4, 64), job("small", 1, 64)),
                queue("b", List.of("ce"), job("other", 1, 64))),
            environment("ce", 2));
    assertThat(decisions)
        .containsExactly(
            new Decision.Leave(
                "a",
                "big",
                "It needs 4 vCPU and 64 MiB; the largest maxvCpus of the compute environments of"
                    + " job queue a is 2. Raise it to at least 4.",
                Optional.of(Reasons.MAX_RESOURCE)),
            new Decision.Place("b", "other", "ce", List.of()));
  }

  @Test
  void the_second_environment_takes_the_overflow() {
    var decisions =
        decide(
            List.of(
                queue("a", List.of("x", "y"), job("1", 2, 64), job("2", 2, 64), job("3", 2, 64))),
            environment("x", 2),
            environment("y", 3));
    assertThat(decisions)
        .containsExactly(
            new Decision.Place("a", "1", "x", List.of()),
            new Decision.Place("a", "2", "y", List.of()),
            new Decision.Leave(
                "a",
                "3",
                "Waiting for a place: needs 2 vCPU and 64 MiB; compute environment x has 0 of 2"
                    + " vCPU free; compute environment y has 1 of 3 vCPU free.",
                Optional.empty()));
  }

  @Test
  void a_job_goes_to_the_first_instance_with_room_and_the_reason_tells_what_is_free() {
    var decisions =
        decide(
            List.of(
                queue(
                    "a",
                    List.of("ce"),
                    job("1", 2, 64),
                    job("2", 1, 64),
                    job("3", 1, 64),
                    job("4", 3, 64))),
            fleet("ce", false, instance("i-1", 4, 1), instance("i-2", 4, 4)));
    assertThat(decisions)
        .containsExactly(
            new Decision.Place("a", "1", "ce", List.of("i-2")),
            new Decision.Place("a", "2", "ce", List.of("i-1")),
            new Decision.Place("a", "3", "ce", List.of("i-2")),
            new Decision.Leave(
                "a",
                "4",
                "Waiting for a place: needs 3 vCPU and 64 MiB; compute environment ce has 1 vCPU"
                    + " free on 2 instances, the largest piece 1 vCPU and 16256 MiB, maxvCpus 64.",
                Optional.empty()));
  }

  @Test
  void a_job_waits_for_an_environment_that_grows_and_does_not_go_on_to_the_next() {
    assertThat(
            decide(
                List.of(queue("a", List.of("x", "y"), job("1", 2, 64))),
                fleet("x", true, instance("i-1", 4, 1)),
                environment("y", 8)))
        .containsExactly(
            new Decision.Leave(
                "a",
                "1",
                "Waiting for a place: needs 2 vCPU and 64 MiB; compute environment x launches an"
                    + " instance for it; compute environment y has 8 of 8 vCPU free.",
                Optional.empty()));
  }

  @Test
  void no_instance_type_is_large_enough() {
    var decisions =
        decide(
            List.of(queue("a", List.of("ce"), job("1", 8, 64))),
            fleet("ce", true, instance("i-1", 4, 4)));
    assertThat(decisions)
        .containsExactly(
            new Decision.Leave(
                "a",
                "1",
                "It needs 8 vCPU and 64 MiB; the largest instances of compute environment ce have"
                    + " 4 vCPU and 16384 MiB (maxvCpus 64). Ask for less, or give the queue a"
                    + " compute environment with larger instance types.",
                Optional.of(Reasons.JOB_RESOURCE)));
  }

  @Test
  void a_gang_is_placed_on_idle_instances_all_or_none() {
    var needs = new JobSpec.Needs(new Size(1000, 64, 0), 3, List.of());
    var gang = group(needs, Optional.empty(), "gang");
    var busy = instance("i-1", 4, 3);
    assertThat(
            brief(
                decide(
                    List.of(queue("a", List.of("ce"), gang)),
                    fleet("ce", false, busy, instance("i-2", 4, 4), instance("i-3", 4, 4)))))
        .containsExactly("a: gang waits");
    assertThat(
            brief(
                decide(
                    List.of(queue("a", List.of("ce"), gang, job("next", 1, 64))),
                    fleet(
                        "ce",
                        false,
                        busy,
                        instance("i-2", 4, 4),
                        instance("i-3", 4, 4),
                        instance("i-4", 4, 4)))))
        .containsExactly("a: gang on ce[i-2, i-3, i-4]", "a: next on ce[i-1]");
  }

  @Test
  void nothing_passes_a_head_unless_its_environment_lets_it() {
    var head = job("head", 4, 64);
    var small = within(Duration.ofMinutes(5), "small", 1);
    var held = List.of(new Snapshot.Held("i-1", new Size(3000, 64, 0), in(10)));
    assertThat(
            brief(
                decide(
                    List.of(queue("a", List.of("ce"), head, small)),
                    fleet("ce", false, false, held, instance("i-1", 4, 1)))))
        .containsExactly("a: head waits");
    assertThat(
            brief(
                decide(
                    List.of(queue("a", List.of("ce"), head, small)),
                    fleet("ce", false, true, held, instance("i-1", 4, 1)))))
        .containsExactly("a: head waits", "a: small on ce[i-1]");
  }

  private static Optional<Instant> in(int minutes) {
    return Optional.of(T0.plus(Duration.ofMinutes(minutes)));
  }

  @Test
  void who_passes_a_head_ends_before_its_place_is_free_or_stands_elsewhere() {
    var held =
        List.of(
            new Snapshot.Held("i-1", new Size(3000, 64, 0), in(10)),
            new Snapshot.Held("i-2", new Size(3000, 64, 0), in(30)));
    var decisions =
        decide(
            List.of(
                queue(
                    "a",
                    List.of("ce"),
                    job("head", 4, 64),
                    within(Duration.ofMinutes(11), "long", 1),
                    within(Duration.ofMinutes(10), "short", 1),
                    job("endless", 1, 64))),
            fleet("ce", false, true, held, instance("i-1", 4, 1), instance("i-2", 4, 1)));
    assertThat(brief(decisions))
        .containsExactly("a: head waits", "a: long on ce[i-2]", "a: short on ce[i-1]");
  }

  @Test
  void where_nothing_bounds_the_wait_jobs_pass_until_the_head_has_aged() {
    var held = List.of(new Snapshot.Held("i-1", new Size(3000, 64, 0), Optional.empty()));
    var waits = List.of(job("head", 4, 64), job("next", 1, 64));
    var lanes = List.of(new Snapshot.Lane("", 1, 0, 0, waits));
    var ce = fleet("ce", false, true, held, instance("i-1", 4, 1));
    var other = queue("b", List.of("ce"), job("other", 1, 64));
    assertThat(
            brief(
                decide(
                    List.of(
                        new Snapshot.Queue(
                            "a", List.of("ce"), lanes, Snapshot.Limit.NONE, Optional.empty())),
                    ce)))
        .containsExactly("a: head waits", "a: next on ce[i-1]");
    var decisions =
        decide(
            List.of(
                new Snapshot.Queue(
                    "a", List.of("ce"), lanes, Snapshot.Limit.NONE, Optional.of("head")),
                other),
            ce);
    assertThat(brief(decisions)).containsExactly("a: head waits", "b: other waits");
    assertThat(((Decision.Leave) decisions.getLast()).reason())
        .contains("compute environment ce keeps what comes free for job head of job queue a");
  }

  @Test
  void without_a_usable_environment_the_reason_says_so() {
    var off = Snapshot.Environment.slots("ce", false, 8_000, 0);
    assertThat(decide(List.of(queue("a", List.of("ce"), job("1", 1, 64))), off))
        .containsExactly(
            new Decision.Leave(
                "a",
                "1",
                "No compute environment of job queue a takes jobs: ce is DISABLED or not VALID."
                    + " Enable one of them, or give the queue another.",
                Optional.of(Reasons.INVALID)));
  }

  @Test
  void an_unmanaged_environment_without_hosts_says_how_to_get_one() {
    var hostless =
        new Snapshot.Environment(
            "own",
            true,
            64_000,
            0,
            Optional.of(new Snapshot.Fleet(List.of(), Snapshot.Growth.NONE)),
            false,
            List.of());
    assertThat(decide(List.of(queue("a", List.of("own"), job("1", 1, 64))), hostless))
        .containsExactly(
            new Decision.Leave(
                "a",
                "1",
                "Waiting for a place: needs 1 vCPU and 64 MiB; compute environment own is unmanaged,"
                    + " and no host of it answers. Add one: ./spillway hosts add own"
                    + " unix:///var/run/docker.sock.",
                Optional.empty()));
  }

  @Test
  void a_consumable_resource_is_handed_out_once_and_its_shortage_is_told() {
    var licences = Map.of("licences", new Snapshot.Consumable(3, 1));
    var needs =
        new JobSpec.Needs(new Size(1_000, 64, 0), 1, List.of(new ConsumableNeed("licences", 2)));
    var queue = queue("a", List.of("ce"), group(needs, Optional.empty(), "1", "2"));
    assertThat(
            Scheduler.decide(
                new Snapshot(T0, List.of(queue), Map.of("ce", environment("ce", 8)), licences)))
        .containsExactly(
            new Decision.Place("a", "1", "ce", List.of()),
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
                return new WaitingJob("j" + looked[0], 0, looked[0]++, T0);
              }
            };
    var group =
        new Snapshot.Group(JobSpec.Needs.of(1000, 64), Optional.empty(), Long.MAX_VALUE, endless);
    var decisions = decide(List.of(queue("a", List.of("ce"), group)), environment("ce", 8));
    assertThat(decisions).hasSize(9);
    assertThat(looked[0]).isEqualTo(9);
  }

  private Snapshot.Lane lane(String share, double factor, double recent, int jobs) {
    String[] ids = new String[jobs];
    for (int i = 0; i < jobs; i++) {
      ids[i] = share.toLowerCase(Locale.ROOT) + (i + 1);
    }
    return new Snapshot.Lane(
        share,
        factor,
        recent,
        0,
        List.of(group(JobSpec.Needs.of(1000, 64), Optional.empty(), ids)));
  }

  @Test
  void the_share_that_has_used_least_for_its_weight_is_next() {
    var queue =
        new Snapshot.Queue(
            "a",
            List.of("ce"),
            List.of(lane("A", 1, 0, 3), lane("B", 0.5, 0, 3), lane("C", 1, 9, 1)),
            Snapshot.Limit.NONE,
            Optional.empty());
    assertThat(decide(List.of(queue), environment("ce", 5)))
        .filteredOn(Decision.Place.class::isInstance)
        .extracting(d -> ((Decision.Place) d).jobId())
        .containsExactly("a1", "b1", "b2", "a2", "b3");
  }

  @Test
  void what_is_reserved_for_other_shares_is_kept_free_and_told() {
    var limit = new Snapshot.Limit(3_000, 0, 1);
    var lanes =
        List.of(new Snapshot.Lane("A", 1, 0, 0, List.of(job("a1", 2, 64), job("a2", 2, 64))));
    assertThat(
            decide(
                List.of(new Snapshot.Queue("a", List.of("ce"), lanes, limit, Optional.empty())),
                environment("ce", 6)))
        .containsExactly(
            new Decision.Place("a", "a1", "ce", List.of()),
            new Decision.Leave(
                "a",
                "a2",
                "Waiting for a place: needs 2 vCPU and 64 MiB; with 1 active shares the jobs of job"
                    + " queue a may hold 3 vCPU and hold 2, the rest is reserved for other shares"
                    + " (computeReservation).",
                Optional.empty()));
    var large = List.of(new Snapshot.Lane("A", 1, 0, 0, List.of(job("large", 5, 64))));
    assertThat(
            decide(
                List.of(new Snapshot.Queue("a", List.of("ce"), large, limit, Optional.empty())),
                environment("ce", 6)))
        .containsExactly(new Decision.Place("a", "large", "ce", List.of()));
  }

  @Test
  void for_any_snapshot_it_decides_as_a_naive_one_does_and_promises_nothing_twice() {
    int places = 0;
    int passes = 0;
    int gangs = 0;
    int leaves = 0;
    for (long seed = 1; seed <= SNAPSHOTS; seed++) {
      Snapshot snapshot = RandomSnapshots.of(seed);
      List<Decision> decisions = Scheduler.decide(snapshot);
      assertThat(brief(decisions)).as("seed " + seed).isEqualTo(NaiveScheduler.decide(snapshot));
      nothing_is_promised_twice(snapshot, decisions, "seed " + seed);
      Set<String> blocked = new HashSet<>();
      for (Decision decision : decisions) {
        switch (decision) {
          case Decision.Place place -> {
            places++;
            passes += blocked.contains(place.jobQueue()) ? 1 : 0;
            gangs += place.instances().size() > 1 ? 1 : 0;
          }
          case Decision.Leave leave -> {
            leaves++;
            blocked.add(leave.jobQueue());
          }
        }
      }
    }
    assertThat(passes).isPositive();
    assertThat(gangs).isPositive();
    System.out.printf(
        "scheduler: snapshots %d, equal to the naive one %d, places %d, of them past a head %d, gangs %d, leaves %d, promised twice 0%n",
        SNAPSHOTS, SNAPSHOTS, places, passes, gangs, leaves);
  }

  private static void nothing_is_promised_twice(
      Snapshot snapshot, List<Decision> decisions, String seed) {
    Map<String, JobSpec.Needs> needs = new HashMap<>();
    for (Snapshot.Queue queue : snapshot.queues()) {
      for (Snapshot.Lane lane : queue.lanes()) {
        for (Snapshot.Group group : lane.groups()) {
          group.waiting().forEach(job -> needs.put(job.jobId(), group.needs()));
        }
      }
    }
    Map<String, Long> used = new HashMap<>();
    Map<String, Size> free = new HashMap<>();
    Map<String, Boolean> idle = new HashMap<>();
    for (Snapshot.Environment e : snapshot.environments().values()) {
      used.put(e.name(), e.usedVcpuMillis());
      for (Snapshot.Instance i : e.fleet().map(Snapshot.Fleet::up).orElse(List.of())) {
        free.put(i.id(), i.free());
        idle.put(i.id(), i.idle());
      }
    }
    Set<String> seen = new HashSet<>();
    for (Decision decision : decisions) {
      switch (decision) {
        case Decision.Place(_, String id, String ce, List<String> instances) -> {
          JobSpec.Needs its = needs.get(id);
          assertThat(seen.add(id)).as(seed).isTrue();
          used.merge(ce, its.vcpuMillis(), Long::sum);
          if (snapshot.environments().get(ce).fleet().isEmpty()) {
            assertThat(used.get(ce))
                .as(seed)
                .isLessThanOrEqualTo(snapshot.environments().get(ce).maxVcpuMillis());
          } else {
            assertThat(new HashSet<>(instances)).as(seed).hasSize(its.nodes());
          }
          for (String instance : instances) {
            assertThat(free.get(instance).holds(its.size())).as(seed).isTrue();
            assertThat(!its.gang() || idle.get(instance)).as(seed).isTrue();
            free.put(instance, its.gang() ? Size.NONE : free.get(instance).minus(its.size()));
            idle.put(instance, false);
          }
        }
        case Decision.Leave(String queue, String id, String reason, _) -> {
          assertThat(reason).as(seed).isNotBlank();
          assertThat(seen.add(id)).as(seed).isTrue();
          assertThat(seen.add("left " + queue)).as(seed + ": one reason a queue").isTrue();
        }
      }
    }
  }
}
