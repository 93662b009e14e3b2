package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Revision;
import dev.spillway.lambda.runtimeapi.ExecutionEnvironment.Cause;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Optional;

/**
 * What a worker holds: its memory, and the files in its temporary folder.
 *
 * <p>Shape: not thread safe; its environment's monitor guards it. The folder is walked at most five
 * times a second, and for at most a tenth of the time: a function may have a million files there.
 */
final class WorkerWatch {
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
  private static final Duration BETWEEN_WALKS = Duration.ofMillis(200);
  private static final int WALKING_SHARE = 10;

  private final Revision revision;
  private final Path scratch;
  private final int memorySlackMb;
  private WorkerProcesses.Worker worker;
  private long peakKib;
  private long storedBytes;
  private long nextLookNanos = System.nanoTime();
  private long nextWalkNanos = System.nanoTime();

  WorkerWatch(Revision revision, Path scratch, int memorySlackMb) {
    this.revision = revision;
    this.scratch = scratch;
    this.memorySlackMb = memorySlackMb;
  }

  void started(WorkerProcesses.Worker started) {
    worker = started;
  }

  /** The most memory that was seen. */
  long peakKib() {
    return peakKib;
  }

  /** What the temporary folder had when it was walked last. */
  long storedMb() {
    return Math.ceilDiv(storedBytes, 1L << 20);
  }

  /**
   * The quick look, for the end of a call: the processes below are the watcher's. Calls that follow
   * each other closely share one: what such a call grew by, the next look shows.
   */
  void lookAtLeader() {
    long now = System.nanoTime();
    if (now - nextLookNanos >= 0 && worker != null && worker.pid().isPresent()) {
      nextLookNanos = now + BETWEEN_LOOKS.toNanos();
      peakKib = Math.max(peakKib, WorkerMemory.ofLeader(worker.pid().getAsInt()).peakKib());
    }
  }

  /** The whole look; why the worker must end, if it must. */
  Optional<Cause> look() {
    if (worker == null) {
      return Optional.empty();
    }
    // A container's pid may be another host's.
    WorkerMemory memory =
        worker.pid().isPresent() ? WorkerMemory.of(worker.pid().getAsInt()) : WorkerMemory.NONE;
    peakKib = Math.max(peakKib, memory.peakKib());
    if (memory.nowKib() > 1024L * (revision.configuration().memorySize() + memorySlackMb)) {
      return Optional.of(Cause.OUT_OF_MEMORY);
    }
    walk();
    return storedBytes > (long) revision.configuration().ephemeralStorage() << 20
        ? Optional.of(Cause.STORAGE_FULL)
        : Optional.empty();
  }

  private void walk() {
    long begun = System.nanoTime();
    if (begun - nextWalkNanos < 0) {
      return;
    }
    Sum sum = new Sum();
    try {
      Files.walkFileTree(scratch, sum);
      storedBytes = sum.bytes;
    } catch (IOException e) {
      // The folder is just being removed.
      storedBytes = 0;
    }
    long took = System.nanoTime() - begun;
    nextWalkNanos = begun + Math.max(BETWEEN_WALKS.toNanos(), took * WALKING_SHARE);
  }

  /** Files come and go while they are counted. */
  private static final class Sum extends SimpleFileVisitor<Path> {
    private long bytes;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      bytes += attributes.size();
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException gone) {
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException gone) {
      return FileVisitResult.CONTINUE;
    }
  }
}
