package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands hops over: to a function, as a job of its own, or as a child of an array job.
 *
 * <p>What may have been sent before is looked for where it may be: under the key of its pack when
 * the hop has one, else under its own. So a hop's place in a pack is on disk before the pack is
 * sent, and off it before the hop is sent alone.
 */
final class HopStarts {
  private static final Logger LOG = LoggerFactory.getLogger(HopStarts.class);

  private final TaskStore store;
  private final Gateways gateways;
  private final Places places;
  private final Packs packs;
  private final BiConsumer<String, JourneyEvent> happened;
  private volatile Packing packing = Packing.NONE;

  HopStarts(
      TaskStore store,
      Gateways gateways,
      Places places,
      Packs packs,
      BiConsumer<String, JourneyEvent> happened) {
    this.store = store;
    this.gateways = gateways;
    this.places = places;
    this.packs = packs;
    this.happened = happened;
  }

  void packBy(Packing which) {
    packing = which;
  }

  /**
   * Hands a hop over.
   *
   * @param again whether an earlier try, here or in a process that is gone, may have handed it over
   */
  void start(Task task, Hop hop, boolean again) {
    if (hop.route().batch() && packs.holds(task.hopKey(hop.number()))) {
      return;
    }
    guarded(
        task,
        hop,
        () -> {
          if (!hop.route().batch()) {
            places.startFunction(task, hop);
          } else if (hop.pack().isPresent()) {
            seek(task, hop, false);
          } else if (!again && packing.packs(task)) {
            pack(task, hop);
          } else {
            places.startJob(task, hop, again);
          }
        });
  }

  private void guarded(Task task, Hop hop, Runnable handOver) {
    String key = task.hopKey(hop.number());
    try {
      handOver.run();
    } catch (BatchGateway.RefusedException | RefusedException e) {
      notStarted(key, 400, "ClientException", e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn(
          "task={} hop={}: {} could not be reached",
          task.taskId(),
          hop.number(),
          hop.route().word(),
          e);
      notStarted(key, 503, "ServiceUnavailableException", String.valueOf(e.getMessage()));
    }
  }

  /** The hop is nowhere, in the words of the place. */
  void notStarted(String hopKey, int status, String errorType, String message) {
    happened.accept(
        Task.ofHop(hopKey),
        new JourneyEvent.HopFailed(
            Task.hopNumber(hopKey), Failure.ofService(status, errorType, message), List.of()));
    packs.settled(hopKey);
  }

  private void pack(Task task, Hop hop) {
    Places.Packed packed = places.packed(task, hop);
    packs.add(packed.alike(), packed.member());
  }

  /** Whether a hop that was given up was sent is not known. Found, it is stopped. */
  void findGivenUp(Task task, Hop hop) {
    if (hop.pack().isPresent()) {
      seek(task, hop, true);
    } else {
      places.findJob(task, hop);
    }
  }

  private void seek(Task task, Hop hop, boolean givenUp) {
    Hop.Pack pack = hop.pack().orElseThrow();
    if (!packs.seek(task.hopKey(hop.number()), pack, givenUp)) {
      return;
    }
    BatchGateway.Start start = places.packStart(task, hop, pack);
    try {
      if (givenUp) {
        gateways.batch().lookup(start);
      } else {
        gateways.batch().find(start);
      }
    } catch (RuntimeException e) {
      notSent(pack.key(), 503, "ServiceUnavailableException", e);
    }
  }

  private void notSent(String packKey, int status, String errorType, RuntimeException why) {
    LOG.warn("pack={} could not be sent or looked for", packKey, why);
    packs.told(
        new BatchGateway.Event.NotSent(
            packKey, status, errorType, String.valueOf(why.getMessage())),
        gateways.batch());
  }

  /** Stores the hop's place; the last hop of a pack sends it. */
  void join(String hopKey, Hop.Pack place) {
    boolean took;
    try {
      happened.accept(
          Task.ofHop(hopKey),
          new JourneyEvent.HopPacked(Task.hopNumber(hopKey), Optional.of(place)));
      took =
          store
              .find(Task.ofHop(hopKey))
              .flatMap(task -> task.journey().hop(Task.hopNumber(hopKey)))
              .filter(hop -> hop.live() && hop.jobId().isEmpty())
              .flatMap(Hop::pack)
              .equals(Optional.of(place));
    } catch (RuntimeException e) {
      // The others are sent all the same; the next start of the server takes this one up.
      LOG.warn("hop={}: its place in pack {} could not be stored", hopKey, place.key(), e);
      took = false;
    }
    packs.joined(place, took).ifPresent(this::send);
  }

  private void send(Packs.Ready pack) {
    LOG.info("pack={} sent as one array job: hops={}", pack.key(), pack.members().size());
    try {
      places.startPack(pack);
    } catch (RuntimeException e) {
      notSent(pack.key(), 503, "ServiceUnavailableException", e);
    }
  }

  /** Nobody like it came. One that was given up before it came into its group was never sent. */
  void alone(String hopKey) {
    Optional<Task> task = waiting(hopKey);
    if (task.isEmpty()) {
      happened.accept(Task.ofHop(hopKey), new JourneyEvent.HopGone(Task.hopNumber(hopKey)));
      packs.settled(hopKey);
    } else if (task.get().journey().openHop().flatMap(Hop::jobId).isEmpty()) {
      alone(task.get(), Task.hopNumber(hopKey));
    } else {
      packs.settled(hopKey);
    }
  }

  private void alone(Task task, int number) {
    Hop hop = task.journey().hop(number).orElseThrow();
    boolean wasPacked = hop.pack().isPresent();
    guarded(
        task,
        hop,
        () -> {
          if (wasPacked) {
            happened.accept(task.taskId(), new JourneyEvent.HopPacked(number, Optional.empty()));
          }
          places.startJob(task, hop, wasPacked);
        });
  }

  /** The pack of this hop was never sent, and nobody will send it. */
  void notPacked(String hopKey) {
    Optional<Task> task = waiting(hopKey);
    if (task.isEmpty()) {
      happened.accept(Task.ofHop(hopKey), new JourneyEvent.HopGone(Task.hopNumber(hopKey)));
      return;
    }
    Hop hop = task.get().journey().hop(Task.hopNumber(hopKey)).orElseThrow();
    // One whose job a place has forgotten is not looked for in two places.
    if (hop.jobId().isEmpty() && packing.packs(task.get())) {
      guarded(task.get(), hop, () -> pack(task.get(), hop));
    } else {
      alone(task.get(), hop.number());
    }
  }

  /** The task of a hop that is open and about to be sent. */
  private Optional<Task> waiting(String hopKey) {
    return store
        .find(Task.ofHop(hopKey))
        .filter(task -> !task.journey().waitsToBeSent())
        .filter(
            task ->
                task.journey()
                    .hop(Task.hopNumber(hopKey))
                    .filter(hop -> hop.status() == Hop.Status.OPEN)
                    .isPresent());
  }
}
