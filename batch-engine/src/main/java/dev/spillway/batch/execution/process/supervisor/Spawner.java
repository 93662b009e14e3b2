package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.supervisor.Slot.Work;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The threads that fork, and the one that reaps.
 *
 * <p>When the supervisor is root, each forking thread gives up root for itself, and its children
 * inherit that at no cost; no helper program stands between. Such a thread must not need root (or a
 * class from a folder that only root reads) ever again: the first one forks once in vain before it
 * drops, so that all that they use is loaded.
 *
 * <p>There are as many threads as processes run at once, see {@link Slot}; one more is made only
 * when all are taken, and those that have long been idle end.
 */
final class Spawner {
  /** Idle slots that are kept however long they are idle. */
  private static final int KEPT = 2 * Math.max(1, Runtime.getRuntime().availableProcessors());

  private static final long IDLE_NANOS_MAX = 60_000_000_000L;
  private static final long LOOK_AGAIN_MILLIS = 2;
  private static final int CLOSE_LOOKS_MAX = 250;

  private final Path folder;
  private final Children children;
  private final Enclosures enclosures;
  private final Optional<JobUser> user;
  private final Usher usher = new Usher();

  /** Slots of one kind, and what waits for one. All under the spawner's lock. */
  private static final class Pool {
    final boolean privately;
    final Deque<Slot> idle = new ArrayDeque<>();
    final Deque<Work> waiting = new ArrayDeque<>();

    Pool(boolean privately) {
      this.privately = privately;
    }
  }

  private final Pool plain = new Pool(false);
  private final Pool enclosed = new Pool(true);
  private final BlockingQueue<Runnable> toLimit = new LinkedBlockingQueue<>();
  private final AtomicInteger slots = new AtomicInteger();
  private final BlockingQueue<Enclosure> left = new LinkedBlockingQueue<>();
  private final Map<Enclosure, Runnable> whenDeserted =
      java.util.Collections.synchronizedMap(new java.util.IdentityHashMap<>());

  /**
   * Read: a fork and its entry in the table. Write: none of these is under way, so a child that is
   * not in the table is none of ours.
   */
  private final ReadWriteLock forking = new ReentrantReadWriteLock();

  /** {@code folder}: the supervisor's. */
  Spawner(Path folder, Children children, Enclosures enclosures, Optional<JobUser> user) {
    this.folder = folder;
    this.children = children;
    this.enclosures = enclosures;
    this.user = user;
  }

  /**
   * Returns when a first thread of each kind has dropped its rights.
   *
   * @throws IllegalStateException when they cannot be dropped
   */
  void start() {
    new Fork().run(Fork.Image.NONE, Optional.empty());
    if (enclosures.privateTmp()) {
      make(enclosed);
    }
    make(plain);
    daemon("more-slots", this::makeMore);
    daemon("limit", this::limit);
    daemon("clean", this::clean);
    daemon("reap", this::reap);
    if (enclosures.movesProcesses()) {
      daemon("usher", usher::run);
    }
  }

  private static void daemon(String name, SupervisorMain.Work work) {
    Thread.ofPlatform().name(name).daemon().start(() -> SupervisorMain.orDie(work));
  }

  void submit(Work work) {
    Pool pool = pool(work.spawn().limits().tmpMib() > 0 && enclosures.privateTmp());
    Slot slot;
    synchronized (this) {
      slot = pool.idle.pollLast();
      if (slot == null) {
        pool.waiting.add(work);
        notifyAll();
        return;
      }
    }
    hand(slot, work);
  }

  /** Sets limits with the supervisor's own rights, which the slot's thread has not. */
  private void hand(Slot slot, Work work) {
    if (!enclosures.holdsLimits() || slot.enclosure.limitedTo(work.spawn().limits())) {
      slot.fresh = false;
      slot.hand(work);
    } else {
      toLimit.add(() -> limit(slot, work));
    }
  }

  private void limit(Slot slot, Work work) {
    try {
      slot.enclosure.limit(work.spawn().limits());
      hand(slot, work);
    } catch (IOException e) {
      // Memory of the last job may be charged to the group and not be let go: another is empty.
      if (slot.fresh) {
        refuse(work, "its limits cannot be set: " + e.getMessage());
      } else {
        synchronized (this) {
          pool(slot.privately).waiting.addFirst(work);
          notifyAll();
        }
      }
      end(slot);
    }
  }

  /** Apart from reaping and from requests, for it may take a while. */
  private void limit() throws InterruptedException {
    while (true) {
      toLimit.take().run();
    }
  }

  private void refuse(Work work, String reason) {
    Libc.close(work.image().output());
    children.refused(work.child(), reason);
  }

  private Pool pool(boolean privately) {
    return privately ? enclosed : plain;
  }

  /** It is empty and untouched. */
  private void free(Slot slot) {
    Pool pool = pool(slot.privately);
    Work work;
    synchronized (this) {
      work = pool.waiting.poll();
      if (work == null) {
        slot.idleSince = System.nanoTime();
        pool.idle.addLast(slot);
        return;
      }
    }
    hand(slot, work);
  }

  private void makeMore() throws InterruptedException {
    while (true) {
      Pool pool;
      synchronized (this) {
        while (plain.waiting.isEmpty() && enclosed.waiting.isEmpty()) {
          wait();
        }
        pool = plain.waiting.isEmpty() ? enclosed : plain;
      }
      try {
        make(pool);
      } catch (CompletionException e) {
        List<Work> waiting;
        synchronized (this) {
          waiting = List.copyOf(pool.waiting);
          pool.waiting.clear();
        }
        waiting.forEach(work -> refuse(work, "no place to run: " + e.getCause()));
      }
    }
  }

  private void make(Pool pool) {
    var made = new CompletableFuture<Slot>();
    Thread.ofPlatform()
        .name("fork")
        .daemon()
        .start(() -> SupervisorMain.orDie(() -> fork(pool.privately, made)));
    Slot slot = made.join();
    slots.incrementAndGet();
    free(slot);
  }

  private void fork(boolean privately, CompletableFuture<Slot> made) {
    Slot slot;
    Fork fork;
    try {
      fork = new Fork();
      Optional<String> gate =
          enclosures.movesProcesses() ? Usher.gate(folder, user) : Optional.empty();
      slot = new Slot(enclosures.enclose(privately), privately, gate);
      int done =
          user.map(one -> Libc.dropThread(one.uid(), one.gid()))
              .orElseGet(Libc::keepCapabilitiesFromChildren);
      if (done < 0) {
        throw new IllegalStateException(
            "jobs must run as user "
                + user.map(JobUser::toString).orElse("of the server, without its capabilities")
                + ", and that is refused: "
                + Libc.describe(-done)
                + "; start Spillway as an unprivileged user");
      }
    } catch (IOException | RuntimeException e) {
      made.completeExceptionally(e);
      return;
    }
    // Made here, with the rights to load what it is made of.
    Runnable free = () -> free(slot);
    Runnable release = () -> release(slot, free);
    made.complete(slot);
    try {
      while (true) {
        fork(fork, slot, slot.take(), release);
      }
    } catch (InterruptedException e) {
      // Idle for long: it ends, and root removes its enclosure.
    }
  }

  private void fork(Fork fork, Slot slot, Work work, Runnable release) {
    Optional<Usher.Expected> expected = slot.gate.map(_ -> usher.expect(slot));
    int pid;
    forking.readLock().lock();
    try {
      pid = fork.run(work.image(), slot.gate);
      if (pid > 0) {
        children.forked(work.child(), pid, slot.enclosure, release);
      }
    } finally {
      forking.readLock().unlock();
    }
    if (expected.isPresent()) {
      expected.get().done();
    }
    Libc.close(work.image().output());
    if (pid < 0) {
      children.failed(work.child(), -pid, work.spawn());
      release.run();
    }
  }

  /** Its process has been reaped, or could not be forked. */
  private void release(Slot slot, Runnable free) {
    if (Thread.currentThread() != slot.thread && slot.enclosure.untouched()) {
      free.run();
    } else {
      cleanUp(slot.enclosure, free);
    }
  }

  /** Kills what is left in an enclosure, and empties it; then goes on. */
  void cleanUp(Enclosure enclosure, Runnable then) {
    whenDeserted.put(enclosure, then);
    left.add(enclosure);
  }

  private void clean() throws InterruptedException {
    List<Enclosure> busy = new ArrayList<>();
    while (true) {
      busy.add(left.take());
      while (!busy.isEmpty()) {
        left.drainTo(busy);
        boolean look = busy.stream().anyMatch(one -> !one.knowsMembers());
        Map<Path, List<Integer>> namespaces = look ? Proc.byMountNamespace() : Map.of();
        busy.removeIf(one -> cleaned(one, namespaces));
        if (!busy.isEmpty()) {
          Thread.sleep(LOOK_AGAIN_MILLIS);
        }
      }
    }
  }

  private boolean cleaned(Enclosure enclosure, Map<Path, List<Integer>> namespaces) {
    List<Integer> members = enclosure.members(namespaces);
    if (!members.isEmpty()) {
      enclosure.kill(members);
      return false;
    }
    try {
      enclosure.empty();
    } catch (IOException e) {
      return false; // A process that is just dying has written; or the disk has an error.
    }
    whenDeserted.remove(enclosure).run();
    return true;
  }

  /** Ends threads that nothing has needed for long. */
  void shrink() {
    end(KEPT, IDLE_NANOS_MAX);
  }

  /** Ends all threads but those whose processes run on; waits a moment for what was just killed. */
  void close() {
    for (int i = 0; i < CLOSE_LOOKS_MAX; i++) {
      end(0, 0);
      if (slots.get() <= children.runningNow()) {
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_AGAIN_MILLIS));
    }
  }

  private void end(int kept, long idleNanos) {
    List<Slot> over = new ArrayList<>();
    synchronized (this) {
      for (Pool pool : List.of(plain, enclosed)) {
        while (pool.idle.size() > kept
            && System.nanoTime() - pool.idle.peekFirst().idleSince >= idleNanos) {
          over.add(pool.idle.pollFirst());
        }
      }
    }
    over.forEach(this::end);
  }

  private void end(Slot slot) {
    slot.end();
    slots.decrementAndGet();
  }

  private void reap() throws InterruptedException {
    while (true) {
      int pid = Libc.waitForAnyEnd();
      if (pid < 0) {
        children.awaitChild();
        continue;
      }
      if (!children.knows(pid)) {
        // Forked this instant and not in the table yet, or an orphan of a job.
        forking.writeLock().lock();
        forking.writeLock().unlock();
      }
      children.reap(pid, Libc.ownMaxRssKib());
    }
  }
}
