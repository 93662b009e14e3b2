package dev.spillway.lambda.runtimeapi;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory of a worker and the processes below it, read from /proc by pid.
 *
 * <p>Units: KiB. Counted is what cannot be dropped (anonymous and shared pages), as Lambda's own
 * limit does; code and archives mapped from files are left out.
 */
record WorkerMemory(long nowKib, long peakKib) {
  static final WorkerMemory NONE = new WorkerMemory(0, 0);

  /** All zero once the process has ended. */
  static WorkerMemory of(int pid) {
    WorkerMemory own = ofLeader(pid);
    long children = ofChildren(pid, 0);
    return new WorkerMemory(own.nowKib + children, own.peakKib + children);
  }

  /** Without the processes below it. */
  static WorkerMemory ofLeader(int pid) {
    Status own = Status.read(pid);
    long now = own.anonymous + own.shared;
    // VmHWM has the peak between two looks, file pages included; those rarely shrink.
    return new WorkerMemory(now, Math.max(now, own.highWater - own.file));
  }

  private static long ofChildren(int pid, int depth) {
    if (depth > 8) {
      return 0;
    }
    long sum = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Integer.toString(pid), "task"))) {
      for (Path thread : threads) {
        String children = Files.readString(thread.resolve("children")).strip();
        for (String child : children.isEmpty() ? new String[0] : children.split(" ")) {
          int childPid = Integer.parseInt(child);
          Status status = Status.read(childPid);
          sum += status.anonymous + status.shared + ofChildren(childPid, depth + 1);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException ended) {
      // The process or one of its threads ended while we looked.
    }
    return sum;
  }

  private static final class Status {
    long anonymous;
    long shared;
    long file;
    long highWater;

    static Status read(int pid) {
      Status status = new Status();
      try {
        for (String line : Files.readAllLines(Path.of("/proc", Integer.toString(pid), "status"))) {
          status.take(line);
        }
      } catch (IOException ended) {
        // Zeros: nothing is held any more.
      }
      return status;
    }

    private void take(String line) {
      if (line.startsWith("RssAnon:")) {
        anonymous = kib(line);
      } else if (line.startsWith("RssShmem:")) {
        shared = kib(line);
      } else if (line.startsWith("RssFile:")) {
        file = kib(line);
      } else if (line.startsWith("VmHWM:")) {
        highWater = kib(line);
      }
    }

    private static long kib(String line) {
      return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }
  }
}
