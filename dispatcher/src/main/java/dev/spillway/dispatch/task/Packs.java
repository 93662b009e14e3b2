package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.aws.BatchGateway.Start;
import dev.spillway.dispatch.fallback.Hop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Hops that are alike, put together for one array job each: who waits for company, who is on the
 * way to disk, who is being sent or looked for.
 *
 * <p>Shape: memory only, any thread, no IO. A group is closed when nobody has joined it for a
 * moment; from then on its hops and their order stand, and follow from its key. Each hop's place
 * goes on disk by a message of its own, so that the runner's threads share the commits, and the
 * last one sends the pack. What a crash leaves is in the hops' journeys. <br>
 * Source: AWS Batch API 2016-08-10, ArrayProperties: 2 to 10,000 children; the id of a child is its
 * parent's, a colon and its index.
 */
final class Packs {
  static final int MOST_MEMBERS = 10_000;

  /** Of payloads, in memory and in the object of which each child reads its line. */
  static final int MOST_BYTES = 8 << 20;

  /** Long enough for the next request of a client that sends one after the other. */
  static final Duration LINGER = Duration.ofMillis(250);

  /** A steady trickle is sent, too. */
  static final Duration LONGEST = Duration.ofSeconds(2);

  private static final int KEY_LENGTH = 32;

  /**
   * One hop of a pack.
   *
   * @param payload a line of JSON
   * @param variables what is its own in the environment, a line of JSON
   */
  record Member(String hopKey, String payload, String variables) {
    int bytes() {
      return payload.length() + variables.length();
    }
  }

  /** A pack whose places are all on disk, or lost to hops that ended meanwhile. */
  record Ready(String key, Start alike, List<Member> members) {}

  /** A hop that looks for the job of its pack. */
  private record Seeker(String hopKey, int index) {}

  /** What is looked for; for hops that were given up it is looked for until there is an answer. */
  private record Sought(String key, boolean givenUp) {}

  private static final class Group {
    final Start alike;
    final Instant first;
    final Map<String, Member> members = new LinkedHashMap<>();
    Instant last;
    long bytes;

    Group(Start alike, Instant now) {
      this.alike = alike;
      this.first = now;
    }

    Instant due() {
      Instant quiet = last.plus(LINGER);
      Instant longest = first.plus(LONGEST);
      return quiet.isBefore(longest) ? quiet : longest;
    }
  }

  private static final class Sending {
    final Start alike;
    final List<String> hopKeys;
    final BitSet joined = new BitSet();
    List<Member> members;
    int left;

    Sending(Group group) {
      alike = group.alike;
      members = List.copyOf(group.members.values());
      hopKeys = List.copyOf(group.members.keySet());
      left = members.size();
    }
  }

  private final Consumer<Message> inbox;
  private final InstantSource clock;
  private final Consumer<Instant> wakeUp;
  private final Map<Start, Group> groups = new LinkedHashMap<>();
  private final Map<String, Group> lingering = new HashMap<>();
  private final Map<String, Sending> sending = new HashMap<>();
  private final Map<String, String> packed = new HashMap<>();
  private final Set<String> alone = new HashSet<>();
  private final Map<Sought, List<Seeker>> sought = new HashMap<>();

  /**
   * Over its parts.
   *
   * @param wakeUp told when {@link #closeDue} has something to do
   */
  Packs(Consumer<Message> inbox, InstantSource clock, Consumer<Instant> wakeUp) {
    this.inbox = inbox;
    this.clock = clock;
    this.wakeUp = wakeUp;
  }

  /** True while the hop waits for company, or its pack or its own job for an answer. */
  synchronized boolean holds(String hopKey) {
    return lingering.containsKey(hopKey) || packed.containsKey(hopKey) || alone.contains(hopKey);
  }

  /** What became of a hop that found no company is on disk. */
  synchronized void settled(String hopKey) {
    alone.remove(hopKey);
  }

  /** This was taken in. */
  void settled(Event event) {
    switch (event) {
      case Event.Sent(String key, _) -> settled(key);
      case Event.Absent(String key) -> settled(key);
      case Event.NotSent(String key, _, _, _) -> settled(key);
      case Event.Changed _, Event.Seen _, Event.Gone _ -> {}
    }
  }

  /**
   * A hop waits for others like it.
   *
   * @param alike what all of a group have in common
   */
  void add(Start alike, Member member) {
    Optional<Instant> due = Optional.empty();
    synchronized (this) {
      if (holds(member.hopKey())) {
        return;
      }
      Group group = groups.get(alike);
      if (group != null && group.bytes + member.bytes() > MOST_BYTES) {
        close(group);
        group = null;
      }
      if (group == null) {
        group = new Group(alike, clock.instant());
        groups.put(alike, group);
        due = Optional.of(group.first.plus(LINGER));
      }
      group.members.put(member.hopKey(), member);
      group.bytes += member.bytes();
      group.last = clock.instant();
      lingering.put(member.hopKey(), group);
      if (group.members.size() == MOST_MEMBERS) {
        close(group);
      }
    }
    // Not under the lock: whoever sets the timer asks for the next due, too.
    due.ifPresent(wakeUp);
  }

  /** True when the hop waited for company and does not any more. */
  synchronized boolean leave(String hopKey) {
    Group group = lingering.remove(hopKey);
    if (group == null) {
      return false;
    }
    group.bytes -= group.members.remove(hopKey).bytes();
    if (group.members.isEmpty()) {
      groups.remove(group.alike);
    }
    return true;
  }

  synchronized Optional<Instant> nextDue() {
    return groups.values().stream().map(Group::due).min(Instant::compareTo);
  }

  /** Closes the groups that have waited long enough. */
  synchronized void closeDue() {
    Instant now = clock.instant();
    groups.values().stream().filter(g -> !g.due().isAfter(now)).toList().forEach(this::close);
  }

  private void close(Group group) {
    groups.remove(group.alike);
    group.members.keySet().forEach(lingering::remove);
    if (group.members.size() == 1) {
      String hopKey = group.members.keySet().iterator().next();
      alone.add(hopKey);
      inbox.accept(new Message.SendAlone(hopKey));
      return;
    }
    Sending pack = new Sending(group);
    String key = key(pack.hopKeys);
    sending.put(key, pack);
    for (int i = 0; i < pack.hopKeys.size(); i++) {
      packed.put(pack.hopKeys.get(i), key);
      inbox.accept(
          new Message.Join(pack.hopKeys.get(i), new Hop.Pack(key, i, pack.hopKeys.size())));
    }
  }

  /** The same hops in the same order have the same key, and may have the same job. */
  private static String key(List<String> hopKeys) {
    return Places.sha256(String.join("\n", hopKeys).getBytes(StandardCharsets.UTF_8))
        .substring(0, KEY_LENGTH);
  }

  /**
   * A hop's place is on disk.
   *
   * @param took false when the hop takes no place any more
   * @return the pack, when this was the last of its hops
   */
  synchronized Optional<Ready> joined(Hop.Pack place, boolean took) {
    Sending pack = sending.get(place.key());
    pack.joined.set(place.index(), took);
    pack.left--;
    if (pack.left > 0) {
      return Optional.empty();
    }
    if (pack.joined.isEmpty()) {
      over(place.key());
      return Optional.empty();
    }
    List<Member> members = pack.members;
    pack.members = List.of();
    return Optional.of(new Ready(place.key(), pack.alike, members));
  }

  private Sending over(String key) {
    Sending pack = sending.remove(key);
    if (pack != null) {
      pack.hopKeys.forEach(packed::remove);
    }
    return pack;
  }

  /**
   * A hop waits to be told of the job of its pack.
   *
   * @param givenUp whether the job, when there is one, is to be stopped
   * @return whether nobody is looking for it yet
   */
  synchronized boolean seek(String hopKey, Hop.Pack place, boolean givenUp) {
    List<Seeker> seekers =
        sought.computeIfAbsent(new Sought(place.key(), givenUp), _ -> new ArrayList<>());
    seekers.add(new Seeker(hopKey, place.index()));
    return seekers.size() == 1;
  }

  /** True for news of packs; the rest is about single jobs. */
  static boolean concerns(Event event) {
    return switch (event) {
      case Event.Sent(String key, _) -> ofPack(key);
      case Event.NotSent(String key, _, _, _) -> ofPack(key);
      case Event.Absent(String key) -> ofPack(key);
      case Event.Changed _, Event.Seen _, Event.Gone _ -> false;
    };
  }

  private static boolean ofPack(String key) {
    return key.indexOf('/') < 0;
  }

  /** What comes of a pack comes of each of its hops. */
  synchronized void told(Event event, BatchGateway batch) {
    switch (event) {
      case Event.Sent(String key, String jobId) -> sent(key, jobId, batch);
      case Event.NotSent(String key, int status, String type, String message) -> {
        Sending pack = over(key);
        List<String> hops =
            new ArrayList<>(
                pack == null
                    ? List.of()
                    : pack.joined.stream().mapToObj(pack.hopKeys::get).toList());
        seekers(key, false).forEach(seeker -> hops.add(seeker.hopKey()));
        hops.forEach(hop -> tell(new Event.NotSent(hop, status, type, message)));
      }
      case Event.Absent(String key) -> {
        seekers(key, false).forEach(s -> inbox.accept(new Message.NotPacked(s.hopKey())));
        seekers(key, true).forEach(s -> tell(new Event.Absent(s.hopKey())));
      }
      case Event.Changed _, Event.Seen _, Event.Gone _ -> {}
    }
  }

  private void sent(String key, String jobId, BatchGateway batch) {
    Sending pack = over(key);
    for (int i = 0; pack != null && i < pack.hopKeys.size(); i++) {
      if (pack.joined.get(i)) {
        tell(new Event.Sent(pack.hopKeys.get(i), child(jobId, i)));
      } else {
        batch.cancel(
            pack.hopKeys.get(i), Optional.of(child(jobId, i)), "It ended before it was sent.");
      }
    }
    for (boolean givenUp : new boolean[] {false, true}) {
      seekers(key, givenUp).forEach(s -> tell(new Event.Sent(s.hopKey(), child(jobId, s.index()))));
    }
  }

  private static String child(String jobId, int index) {
    return jobId + ":" + index;
  }

  private List<Seeker> seekers(String key, boolean givenUp) {
    List<Seeker> seekers = sought.remove(new Sought(key, givenUp));
    return seekers == null ? List.of() : seekers;
  }

  private void tell(Event event) {
    inbox.accept(new Message.JobTold(event));
  }
}
