package dev.spillway.batch.capacity;

import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.job.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When a managed environment launches an instance, and when one goes.
 *
 * <p>Up: for each group that waits, what it needs beyond the room that is there or coming, on the
 * environments of its queue in their order, up to {@code maxvCpus} (which most strategies pass by
 * at most one instance). Down: an instance that nobody needs and that has been idle for as long as
 * the environment keeps idle ones, down to {@code minvCpus}; and at once when the limit is reached
 * and what waits does not fit on it. Busy instances are never taken away. <br>
 * Shape: pure; costs the groups that wait, times the instances while an environment can grow. <br>
 * Source: user guide, compute environment scaling; allocation strategies.
 */
public final class Scaling {
  /** For {@code minvCpus} nobody says what of: general purpose. */
  private static final Size ANY = new Size(1_000, 1_024, 0);

  private Scaling() {}

  /**
   * An environment with instances.
   *
   * @param open it takes jobs, and may launch some for them
   * @param valid it keeps what it has
   * @param floorVcpus {@code minvCpus}, or {@code desiredvCpus} when a caller has just raised it
   * @param offers types that can be had now; none for registered hosts
   */
  public record Pool(
      String name,
      ComputeResources resources,
      boolean open,
      boolean valid,
      int floorVcpus,
      List<Member> members,
      List<Offer> offers) {}

  /** An instance as it stands; {@code idleSince} is empty while a job is on it. */
  public record Member(Instance instance, Size free, Optional<Instant> idleSince) {}

  /**
   * A group that waits.
   *
   * @param environments of its queue, in their order
   */
  public record Demand(List<String> environments, Size size, int nodes, long count) {}

  /** Make one of that type. */
  public record Launch(String computeEnvironment, Offer offer) {}

  /**
   * What to do.
   *
   * @param retire ids
   * @param madeRoom some of these go for others, which can be launched when they have gone
   * @param lookAgain when the next one has been idle for long enough
   */
  public record Plan(
      List<Launch> launch, List<String> retire, boolean madeRoom, Optional<Instant> lookAgain) {}

  /** {@code demands} in the order in which they are served. */
  public static Plan decide(
      List<Pool> pools, Iterable<Demand> demands, Instant now, Duration keepIdle) {
    Map<String, Work> works = new LinkedHashMap<>();
    pools.forEach(pool -> works.put(pool.name(), new Work(pool)));
    works.values().forEach(Work::fillToFloor);
    for (Demand demand : demands) {
      long left = demand.count();
      for (String name : demand.environments()) {
        Work work = works.get(name);
        if (work == null || left == 0) {
          continue;
        }
        left = demand.nodes() > 1 ? work.gangs(demand, left) : work.jobs(demand, left);
      }
    }
    List<Launch> launch = new ArrayList<>();
    List<String> retire = new ArrayList<>();
    Optional<Instant> lookAgain = Optional.empty();
    for (Work work : works.values()) {
      launch.addAll(work.launches);
      Optional<Instant> next = work.retire(now, keepIdle, retire);
      if (next.isPresent() && (lookAgain.isEmpty() || next.get().isBefore(lookAgain.get()))) {
        lookAgain = next;
      }
    }
    boolean madeRoom = works.values().stream().anyMatch(work -> work.madeRoom);
    return new Plan(launch, retire, madeRoom, lookAgain);
  }

  /** One environment while a plan is made. */
  private static final class Work {
    private final Pool pool;
    private final List<Place> places = new ArrayList<>();
    private final List<Launch> launches = new ArrayList<>();
    private long vcpuMillis;
    private boolean tooSmall;
    private boolean madeRoom;

    /** An instance that is there, coming, or to be launched. */
    private static final class Place {
      final Member member;
      final Size size;
      Size free;
      boolean idle;
      boolean wanted;

      Place(Member member, Size size, Size free, boolean idle) {
        this.member = member;
        this.size = size;
        this.free = free;
        this.idle = idle;
      }
    }

    Work(Pool pool) {
      this.pool = pool;
      for (Member member : pool.members()) {
        Instance instance = member.instance();
        if (instance.stays()) {
          places.add(
              new Place(member, instance.size(), member.free(), member.idleSince().isPresent()));
        }
        if (instance.stays() || instance.phase() == Instance.Phase.REPLACED) {
          vcpuMillis += instance.size().vcpuMillis();
        }
      }
    }

    private boolean grows() {
      return pool.open() && !pool.offers().isEmpty();
    }

    private long left() {
      return pool.resources().maxVcpus() * 1000L - vcpuMillis;
    }

    void fillToFloor() {
      while (grows() && vcpuMillis < pool.floorVcpus() * 1000L) {
        long missing = pool.floorVcpus() - vcpuMillis / 1000;
        if (launch(ANY, missing).isEmpty()) {
          return;
        }
      }
    }

    /** How many of them find no room, and none that can come. */
    long jobs(Demand demand, long count) {
      if (!pool.open()) {
        return count;
      }
      long left = count;
      for (Place place : places) {
        if (left == 0) {
          break;
        }
        left -= use(place, demand.size(), left);
      }
      while (left > 0 && grows()) {
        Optional<Place> launched = launch(demand.size(), left);
        if (launched.isEmpty()) {
          break;
        }
        left -= use(launched.get(), demand.size(), left);
      }
      tooSmall |= left > 0 && canHold(demand.size());
      return left;
    }

    private static long use(Place place, Size size, long most) {
      long fits = Math.min(most, place.free.times(size));
      if (fits > 0) {
        place.free =
            place.free.minus(
                new Size(
                    size.vcpuMillis() * fits,
                    size.memoryMib() * fits,
                    Math.toIntExact(size.gpus() * fits)));
        place.idle = false;
        place.wanted = true;
      }
      return fits;
    }

    /** All nodes of a gang, or none. */
    long gangs(Demand demand, long count) {
      if (pool.resources().kind() != ComputeResources.Kind.EC2 || !pool.open()) {
        return count;
      }
      long left = count;
      while (left > 0 && gang(demand)) {
        left--;
      }
      tooSmall |= left > 0 && canHold(demand.size());
      return left;
    }

    private boolean gang(Demand demand) {
      List<Place> idle =
          places.stream()
              .filter(p -> p.idle && p.free.holds(demand.size()))
              .limit(demand.nodes())
              .toList();
      int missing = demand.nodes() - idle.size();
      if (missing > 0) {
        Optional<Offer> offer =
            grows()
                ? Allocation.choose(pool.resources(), pool.offers(), demand.size(), 1, left())
                : Optional.empty();
        if (offer.isEmpty() || !roomFor(offer.get(), missing)) {
          return false;
        }
        for (int i = 0; i < missing; i++) {
          take(add(offer.get()));
        }
      }
      idle.forEach(Work::take);
      return true;
    }

    private boolean roomFor(Offer offer, int count) {
      long each = offer.type().size().vcpuMillis();
      return pool.resources().mayGoOver()
          ? left() - (count - 1) * each > 0
          : left() >= count * each;
    }

    private static void take(Place place) {
      place.free = Size.NONE;
      place.idle = false;
      place.wanted = true;
    }

    private boolean canHold(Size size) {
      return pool.offers().stream().anyMatch(o -> o.type().size().holds(size));
    }

    private Optional<Place> launch(Size size, long wanted) {
      return Allocation.choose(pool.resources(), pool.offers(), size, wanted, left())
          .map(this::add);
    }

    private Place add(Offer offer) {
      Size size = offer.type().size();
      launches.add(new Launch(pool.name(), offer));
      vcpuMillis += size.vcpuMillis();
      Place place = new Place(null, size, size, true);
      places.add(place);
      return place;
    }

    /** Adds to {@code retire}; when the next one may go. */
    Optional<Instant> retire(Instant now, Duration keepIdle, List<String> retire) {
      if (!pool.resources().kind().scales()) {
        return Optional.empty();
      }
      Duration keep = pool.resources().keepIdle().orElse(keepIdle);
      long floor = pool.valid() ? pool.resources().minVcpus() * 1000L : 0;
      Optional<Instant> next = Optional.empty();
      List<Place> idle =
          places.stream()
              .filter(p -> p.member != null && p.idle && !p.wanted)
              .filter(p -> p.member.instance().takesJobs())
              .sorted(Comparator.comparing(p -> p.member.idleSince().get()))
              .toList();
      for (Place place : idle) {
        long without = vcpuMillis - place.size.vcpuMillis();
        Instant due = place.member.idleSince().get().plus(keep);
        boolean inTheWay = tooSmall && !(left() > 0 && pool.resources().mayGoOver());
        if (inTheWay || !pool.valid() || (without >= floor && !due.isAfter(now))) {
          vcpuMillis = without;
          madeRoom |= inTheWay;
          retire.add(place.member.instance().id());
        } else if (without >= floor && (next.isEmpty() || due.isBefore(next.get()))) {
          next = Optional.of(due);
        }
      }
      return next;
    }
  }
}
