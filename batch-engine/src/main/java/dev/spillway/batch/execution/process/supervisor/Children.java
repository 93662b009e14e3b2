package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Excess;
import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.execution.process.supervisor.ExitRecords.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * The table of processes: what was asked for, what runs, what ended and is not forgotten.
 *
 * <p>Shape: one lock, this object's. A process is signalled and reaped under it, so no signal
 * reaches a stranger that got the id of an ended process. What changes goes into a queue that
 * {@link Recorder} empties: onto disk first, then to the server.
 */
final class Children {
  private static final long ORPHANS_MILLIS = 1000;

  /**
   * One process, from the request until it is forgotten. All fields but the first three: under the
   * lock, as far as they change after the fork.
   */
  static final class Child {
    final String id;
    final boolean tied;
    final Limits limits;
    Connection owner;
    int pid;
    Enclosure enclosure;
    Runnable release = () -> {};
    Path temporary;
    Excess excess;
    Instant startedAt;
    long adoptedTicks;
    boolean over;
    boolean killed;
    boolean forgetAtEnd;
    Entry entry;
    Status published;
    final List<Integer> earlySignals = new ArrayList<>();

    Child(String id, boolean tied, Limits limits) {
      this.id = id;
      this.tied = tied;
      this.limits = limits;
    }
  }

  /** What the recorder has to write down and tell. */
  sealed interface Change {
    Child child();

    record Began(Child child, Status.Running status) implements Change {}

    record Finished(Child child, Status status) implements Change {}

    /** The system refused; the recorder finds out why, with the rights to look. */
    record Failed(Child child, int errno, Spawn spawn) implements Change {}
  }

  private final ExitRecords records;
  private final InstantSource clock;
  private final Map<String, Child> byId = new LinkedHashMap<>();
  private final Map<Integer, Child> byPid = new HashMap<>();
  private final BlockingQueue<Integer> killedSessions = new LinkedBlockingQueue<>();
  final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();

  Children(ExitRecords records, InstantSource clock) {
    this.records = records;
    this.clock = clock;
  }

  /**
   * Takes up what the supervisor before this one left.
   *
   * @param enclosures that it left; those that hold an adopted process are taken out
   * @param cleanUp what becomes of such an enclosure in the end
   */
  synchronized void resume(
      Map<String, Entry> latest, Collection<Enclosure> enclosures, Consumer<Enclosure> cleanUp) {
    resume(latest);
    for (Iterator<Enclosure> left = enclosures.iterator(); left.hasNext(); ) {
      Enclosure enclosure = left.next();
      List<Integer> members = enclosure.members();
      for (Child child : byId.values()) {
        if (child.adoptedTicks > 0 && !child.over && members.contains(child.pid)) {
          child.enclosure = enclosure;
          child.release = () -> cleanUp.accept(enclosure);
          left.remove();
          break;
        }
      }
    }
  }

  private void resume(Map<String, Entry> latest) {
    for (Entry entry : latest.values()) {
      switch (entry) {
        case Entry.Over over -> {
          Child child = add(over.id(), false, Limits.NONE, over);
          child.over = true;
          child.published = over.status();
        }
        case Entry.Forked forked -> {
          Child child = add(forked.id(), forked.tied(), forked.limits(), forked);
          int pid = (int) forked.running().pid();
          Optional<Proc> found =
              Proc.alive(pid).filter(one -> one.startTicks() == forked.startTicks());
          adopt(child, forked.running(), found);
        }
        case Entry.Intent intent -> {
          // Forked and not written down, or not forked: then the server asks again.
          OptionalInt pid = Proc.leaderIn(intent.folder());
          if (pid.isPresent()) {
            Child child = add(intent.id(), intent.tied(), intent.limits(), intent);
            var running = new Status.Running(intent.id(), pid.getAsInt(), clock.instant());
            adopt(child, running, Proc.alive(pid.getAsInt()));
          }
        }
        case Entry.Forgotten _ -> {}
      }
    }
  }

  private Child add(String id, boolean tied, Limits limits, Entry entry) {
    var child = new Child(id, tied, limits);
    child.entry = entry;
    byId.put(id, child);
    return child;
  }

  private void adopt(Child child, Status.Running running, Optional<Proc> found) {
    child.startedAt = running.startedAt();
    changes.add(new Change.Began(child, running));
    if (found.isEmpty()) {
      finishUnseen(child);
      return;
    }
    child.pid = (int) running.pid();
    child.adoptedTicks = found.get().startTicks();
    if (child.tied) {
      child.forgetAtEnd = true;
      kill(child, Libc.SIGKILL);
    }
  }

  private void finishUnseen(Child child) {
    child.over = true;
    if (child.killed) {
      killedSessions.add(child.pid);
    }
    Optional<Excess> excess = excess(child);
    changes.add(
        new Change.Finished(
            child,
            new Status.Ended(
                child.id, OptionalInt.empty(), child.startedAt, clock.instant(), 0, excess)));
    child.release.run();
  }

  /** What it went over; the kernel tells that it killed, not how much was wanted. */
  private static Optional<Excess> excess(Child child) {
    boolean outOfMemory = child.enclosure != null && child.enclosure.outOfMemory();
    if (outOfMemory && child.excess == null) {
      long limit = child.limits.memoryMib();
      return Optional.of(new Excess(Excess.Kind.MEMORY, limit, limit));
    }
    return Optional.ofNullable(child.excess);
  }

  /** Those that run and have limits. */
  synchronized List<Child> limited() {
    return byId.values().stream()
        .filter(one -> one.pid > 0 && !one.over && !one.limits.equals(Limits.NONE))
        .toList();
  }

  /** It is killed for that, unless it has ended meanwhile. */
  synchronized void exceeded(Child child, Excess excess) {
    if (!child.over && child.excess == null) {
      child.excess = excess;
      kill(child, Libc.SIGKILL);
    }
  }

  private static void kill(Child child, int signal) {
    Libc.kill(-child.pid, signal);
    if (signal == Libc.SIGKILL) {
      child.killed = true;
      if (child.enclosure != null && child.enclosure.knowsMembers()) {
        child.enclosure.kill(List.of());
      }
    }
  }

  /** Looks after processes that are not our children: somebody else reaps them. */
  void watchAdopted() {
    List<Child> adopted;
    synchronized (this) {
      adopted = byId.values().stream().filter(one -> one.adoptedTicks > 0 && !one.over).toList();
    }
    for (Child child : adopted) {
      if (Proc.alive(child.pid).filter(one -> one.startTicks() == child.adoptedTicks).isEmpty()) {
        synchronized (this) {
          finishUnseen(child);
        }
      }
    }
  }

  /** Empty when this id is known: then its status is told again instead. */
  synchronized Optional<Child> request(Spawn spawn, Connection from) {
    Child known = byId.get(spawn.id());
    if (known != null) {
      if (known.published != null) {
        from.send(new Wire.Changed(known.published));
      }
      return Optional.empty();
    }
    var intent =
        new Entry.Intent(
            spawn.id(), spawn.workingDirectory().toString(), spawn.tied(), spawn.limits());
    append(List.of(intent));
    Child child = add(spawn.id(), spawn.tied(), spawn.limits(), intent);
    Preparation.temporary(spawn).ifPresent(folder -> child.temporary = folder);
    child.owner = from;
    return Optional.of(child);
  }

  synchronized void forked(Child child, int pid, Enclosure enclosure, Runnable release) {
    child.pid = pid;
    child.enclosure = enclosure;
    child.release = release;
    child.startedAt = clock.instant();
    byPid.put(pid, child);
    changes.add(new Change.Began(child, new Status.Running(child.id, pid, child.startedAt)));
    child.earlySignals.forEach(signal -> signal(child.id, signal));
    notifyAll();
  }

  synchronized void refused(Child child, String reason) {
    child.over = true;
    changes.add(
        new Change.Finished(child, new Status.NotStarted(child.id, reason, clock.instant())));
  }

  synchronized void failed(Child child, int errno, Spawn spawn) {
    child.over = true;
    changes.add(new Change.Failed(child, errno, spawn));
  }

  synchronized boolean knows(int pid) {
    return byPid.containsKey(pid);
  }

  /**
   * Takes an ended child out of the kernel's table; what it started goes with it, as a container's
   * would.
   */
  void reap(int pid, long ownMaxRssKib) {
    Runnable release = reaped(pid, ownMaxRssKib);
    release.run();
  }

  private synchronized Runnable reaped(int pid, long ownMaxRssKib) {
    Child child = byPid.remove(pid);
    if (child != null) {
      Libc.kill(-pid, Libc.SIGKILL);
    }
    Libc.Reaped reaped = Libc.reap(pid);
    if (child == null) {
      return () -> {};
    }
    child.over = true;
    if (child.killed) {
      killedSessions.add(pid);
    }
    // The kernel starts a child's figure at its parent's: beneath that nothing is known.
    long maxRss = reaped.maxRssKib() > ownMaxRssKib ? reaped.maxRssKib() : 0;
    OptionalInt code =
        reaped.pid() == pid ? OptionalInt.of(reaped.exitCode()) : OptionalInt.empty();
    changes.add(
        new Change.Finished(
            child,
            new Status.Ended(
                child.id, code, child.startedAt, clock.instant(), maxRss, excess(child))));
    return child.release;
  }

  /** Waits for a child to wait for; looks up now and then, for orphans of jobs become ours too. */
  synchronized void awaitChild() throws InterruptedException {
    if (byPid.isEmpty()) {
      wait(ORPHANS_MILLIS);
    }
  }

  synchronized void signal(String id, int signal) {
    Child child = byId.get(id);
    if (child == null || child.over) {
      return;
    }
    if (child.pid == 0) {
      child.earlySignals.add(signal);
      return;
    }
    kill(child, signal);
  }

  /**
   * Kills what killed jobs left in their sessions: a job's shell may have made more groups than
   * one. One look at the process table serves all jobs that were killed meanwhile.
   */
  void sweep() throws InterruptedException {
    Set<Integer> sessions = new HashSet<>();
    while (true) {
      sessions.add(killedSessions.take());
      killedSessions.drainTo(sessions);
      for (int pid : Proc.followers(sessions)) {
        Libc.kill(pid, Libc.SIGKILL);
      }
      sessions.clear();
    }
  }

  synchronized void forget(String id) {
    Child child = byId.get(id);
    if (child == null) {
      return;
    }
    if (child.published == null || child.published instanceof Status.Running) {
      child.forgetAtEnd = true;
    } else {
      drop(child);
    }
  }

  private void drop(Child child) {
    byId.remove(child.id);
    append(List.of(new Entry.Forgotten(child.id)));
    if (records.wasteful(byId.size())) {
      try {
        records.rewrite(byId.values().stream().map(one -> one.entry).toList());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The server's connection ended: what was tied to it goes too. */
  void disconnected(Connection connection) {
    List<String> tied = new ArrayList<>();
    synchronized (this) {
      for (Child child : List.copyOf(byId.values())) {
        if (child.tied && child.owner == connection) {
          tied.add(child.id);
        }
      }
    }
    for (String id : tied) {
      forget(id);
      signal(id, Libc.SIGKILL);
    }
  }

  /** What the recorder has put on disk may be known. */
  synchronized void publish(Child child, Entry entry, Status status, Iterable<Connection> to) {
    child.entry = entry;
    child.published = status;
    var message = new Wire.Changed(status);
    to.forEach(connection -> connection.send(message));
    if (child.forgetAtEnd && !(status instanceof Status.Running)) {
      drop(child);
    }
  }

  synchronized void list(int number, Connection to) {
    to.send(
        new Wire.Listed(
            number,
            byId.values().stream()
                .map(child -> child.published)
                .filter(java.util.Objects::nonNull)
                .toList()));
  }

  synchronized boolean running() {
    return runningNow() > 0;
  }

  synchronized long runningNow() {
    return byId.values().stream().filter(child -> !child.over).count();
  }

  synchronized boolean empty() {
    return byId.isEmpty();
  }

  private void append(List<Entry> entries) {
    try {
      records.append(entries);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
