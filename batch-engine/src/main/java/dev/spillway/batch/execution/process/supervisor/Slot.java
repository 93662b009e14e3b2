package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A forking thread in an enclosure of its own: what it forks is born there. One process at a time;
 * when it has ended, and nothing that it started is left, the next.
 *
 * <p>So a job's start neither makes a control group, nor moves into one, nor mounts: each of these
 * costs more than the fork itself.
 */
final class Slot {
  /** A process to fork, ready but for the fork. */
  record Work(Children.Child child, Spawn spawn, Fork.Image image) {}

  final Enclosure enclosure;
  final boolean privately;
  private final BlockingQueue<Work> next = new ArrayBlockingQueue<>(1);
  final Thread thread;
  final int threadId;
  final Optional<String> gate;
  long idleSince;
  boolean fresh = true;

  /**
   * Called from its own thread.
   *
   * @param gate where new processes wait to be moved into the enclosure, if they are not born there
   */
  Slot(Enclosure enclosure, boolean privately, Optional<String> gate) {
    this.enclosure = enclosure;
    this.privately = privately;
    this.gate = gate;
    this.thread = Thread.currentThread();
    this.threadId = Libc.threadId();
  }

  void hand(Work work) {
    next.add(work);
  }

  Work take() throws InterruptedException {
    return next.take();
  }

  /** It is idle, and will not be handed anything any more. */
  void end() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    gate.ifPresent(one -> Libc.close(Integer.parseInt(one.replaceAll(".*/", ""))));
    enclosure.remove();
  }
}
