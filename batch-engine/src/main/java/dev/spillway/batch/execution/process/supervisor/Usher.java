package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Moves new processes into their control groups before they run a job's program, where a forking
 * thread cannot wait in the group itself: cgroup v2 knows processes alone.
 *
 * <p>Shape: the new process opens a pipe with a name, between the fork and the program's start, and
 * waits there for somebody to write. Meanwhile this thread, which is root where the supervisor is,
 * moves it; then it opens the other end. No program stands between, and the process keeps its id.
 */
final class Usher {
  private static final long LOOK_NANOS = 20_000;

  private final BlockingQueue<Expected> expected = new LinkedBlockingQueue<>();

  /** One fork under way. */
  static final class Expected {
    private final Slot slot;
    private volatile boolean over;

    private Expected(Slot slot) {
      this.slot = slot;
    }

    /** The fork has returned: the program runs, or never will. */
    void done() {
      over = true;
    }
  }

  /** A pipe that has a name only as long as it takes to open it; the name of its descriptor. */
  static Optional<String> gate(Path folder, Optional<JobUser> user) throws IOException {
    Path name = folder.resolve("gate");
    Files.deleteIfExists(name);
    check(Libc.makeFifo(name.toString(), 0600));
    user.ifPresent(one -> Libc.lchown(name.toString(), one.uid(), one.gid()));
    int descriptor = check(Libc.openPath(name.toString()));
    Files.delete(name);
    return Optional.of("/proc/self/fd/" + descriptor);
  }

  private static int check(int done) throws IOException {
    if (done < 0) {
      throw new IOException("no pipe for new processes: " + Libc.describe(-done));
    }
    return done;
  }

  /** The slot's thread is about to fork. */
  Expected expect(Slot slot) {
    var fork = new Expected(slot);
    expected.add(fork);
    return fork;
  }

  void run() throws InterruptedException {
    while (true) {
      Expected fork = expected.take();
      Path children = Path.of("/proc/self/task/" + fork.slot.threadId + "/children");
      int pid = 0;
      while (!fork.over && pid == 0) {
        pid = child(children);
      }
      if (pid == 0) {
        continue;
      }
      try {
        fork.slot.enclosure.cgroup().orElseThrow().move(pid);
      } catch (IOException e) {
        System.err.println("process " + pid + " does not run, for it would run free: " + e);
        Libc.kill(pid, Libc.SIGKILL);
        continue;
      }
      int open = Libc.openFifoToWrite(fork.slot.gate.orElseThrow());
      while (open < 0 && !fork.over) {
        LockSupport.parkNanos(LOOK_NANOS);
        open = Libc.openFifoToWrite(fork.slot.gate.orElseThrow());
      }
      if (open >= 0) {
        Libc.close(open);
      }
    }
  }

  private static int child(Path children) {
    try {
      String ids = Files.readString(children).strip();
      if (!ids.isEmpty()) {
        return Integer.parseInt(ids.substring(ids.lastIndexOf(' ') + 1));
      }
    } catch (IOException e) {
      // The thread has just ended, and its fork with it.
    }
    LockSupport.parkNanos(LOOK_NANOS);
    return 0;
  }
}
