package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The threads that fork, and the one that reaps.
 *
 * <p>When the supervisor is root, each forking thread gives up root for itself, and its children
 * inherit that at no cost; no helper program stands between. Such a thread must not need root (or a
 * class from a folder that only root reads) ever again: it forks once in vain before it drops, so
 * that all it uses is loaded.
 */
final class Spawner {

  private record Work(Children.Child child, Spawn spawn, Fork.Image image) {}

  private final Children children;
  private final BlockingQueue<Work> waiting = new LinkedBlockingQueue<>();

  /**
   * Read: a fork and its entry in the table. Write: none of these is under way, so a child that is
   * not in the table is none of ours.
   */
  private final ReadWriteLock forking = new ReentrantReadWriteLock();

  Spawner(Children children) {
    this.children = children;
  }

  /**
   * Returns when every thread has dropped its rights.
   *
   * @throws IllegalStateException when they cannot be dropped
   */
  void start(int threads, Optional<JobUser> user, List<Path> reach) {
    List<CompletableFuture<Void>> ready =
        java.util.stream.IntStream.range(0, threads)
            .mapToObj(
                number -> {
                  var dropped = new CompletableFuture<Void>();
                  Thread.ofPlatform()
                      .name("fork-" + number)
                      .daemon()
                      .start(() -> SupervisorMain.orDie(() -> fork(user, reach, dropped)));
                  return dropped;
                })
            .toList();
    ready.forEach(CompletableFuture::join);
    Thread.ofPlatform().name("reap").daemon().start(() -> SupervisorMain.orDie(this::reap));
  }

  void submit(Children.Child child, Spawn spawn, Fork.Image image) {
    waiting.add(new Work(child, spawn, image));
  }

  private void fork(Optional<JobUser> user, List<Path> reach, CompletableFuture<Void> dropped)
      throws InterruptedException {
    Fork fork;
    try {
      fork = new Fork();
      fork.run(Fork.Image.of("/nonexistent/program", List.of("none"), Map.of("A", "b"), "/", 1));
      user.ifPresent(one -> open(new Passage(one, reach)));
      int done = user.map(one -> Libc.dropThread(one.uid(), one.gid())).orElse(0);
      if (done < 0) {
        throw new IllegalStateException(
            "started as root, jobs must run as user "
                + user.get()
                + ", and that is refused: "
                + Libc.describe(-done)
                + "; start Spillway as an unprivileged user");
      }
    } catch (RuntimeException e) {
      dropped.completeExceptionally(e);
      return;
    }
    dropped.complete(null);
    forkAll(fork);
  }

  private static void open(Passage passage) {
    if (passage.needed()) {
      int done = passage.open();
      if (done < 0) {
        System.err.println("no way for jobs into closed folders: " + Libc.describe(-done));
      }
    }
  }

  private void forkAll(Fork fork) throws InterruptedException {
    while (true) {
      Work work = waiting.take();
      int pid;
      forking.readLock().lock();
      try {
        pid = fork.run(work.image());
        if (pid > 0) {
          children.forked(work.child(), pid);
        }
      } finally {
        forking.readLock().unlock();
      }
      Libc.close(work.image().output());
      if (pid < 0) {
        children.failed(work.child(), -pid, work.spawn());
      }
    }
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
