package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One slot's own {@code /tmp}, {@code /var/tmp} and {@code /dev/shm}: the first two on disk, the
 * last one in memory, and counted as the job's memory.
 *
 * <p>Shape: folders in {@code supervisor/slots/<slot>/}, mounted over the host's in the slot's
 * mount namespace once, and emptied between jobs; so a job's start mounts nothing. On disk, not in
 * memory, since a job's files are no part of its memory limit on AWS.
 */
final class PrivateFolders {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  /** As a container has it on AWS, where a job definition says nothing. */
  private static final int SHARED_MEMORY_MIB = 64;

  /** Writable by all, and what is another's cannot be deleted. */
  private static final int STICKY = 01777;

  private static final long TICK_NANOS_MAX = 20_000_000;

  /** A folder of the host, and what a job sees in its place. */
  private record Cover(Path common, Path own, List<Path> mountPoints) {}

  private final Path folder;
  private final List<Cover> covers = new ArrayList<>();

  /** Of the own folders, then of the one in memory, which no other thread has a path for. */
  private final List<Integer> descriptors = new ArrayList<>();

  private final List<Long> whenEmpty = new ArrayList<>();
  private boolean trusted;
  private boolean sharedMemory;

  private PrivateFolders(Path folder) {
    this.folder = folder;
  }

  /** The folders that jobs get their own of; by their real paths. */
  static List<Path> common() {
    List<Path> common = new ArrayList<>();
    for (String name : List.of("/tmp", "/var/tmp")) {
      try {
        Path real = Path.of(name).toRealPath();
        if (Files.isDirectory(real) && common.stream().noneMatch(real::startsWith)) {
          common.add(real);
        }
      } catch (IOException e) {
        // The host has none: then there is none to share.
      }
    }
    return common;
  }

  /**
   * Makes and mounts them, in the calling thread's mount namespace.
   *
   * @param folder the slot's own, new
   */
  static PrivateFolders mount(Path folder, Optional<JobUser> user, Passage passage) {
    var folders = new PrivateFolders(folder);
    try {
      for (Path common : common()) {
        Path own = folder.resolve(common.getFileName() + "-" + folders.covers.size());
        Files.createDirectories(own);
        Files.setAttribute(own, "unix:mode", STICKY);
        user.ifPresent(one -> Libc.lchown(own.toString(), one.uid(), one.gid()));
        folders.descriptors.add(Libc.openPath(own.toString()));
        folders.covers.add(new Cover(common, own, passage.mountPoints(common)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    passage.cover(
        folders.covers.stream().map(Cover::common).toList(),
        folders.covers.stream().map(Cover::own).toList());
    if (Files.isDirectory(SHARED_MEMORY)) {
      Mounts.empty(SHARED_MEMORY, "1777", SHARED_MEMORY_MIB);
      folders.descriptors.add(Libc.openPath(SHARED_MEMORY.toString()));
      folders.sharedMemory = true;
    }
    folders.remember();
    return folders;
  }

  /** Those of a supervisor before this one, which a process still uses. */
  static PrivateFolders leftBehind(Path folder) {
    var folders = new PrivateFolders(folder);
    List<Path> common = common();
    for (Path one : common) {
      Path own = folder.resolve(one.getFileName() + "-" + folders.covers.size());
      folders.covers.add(new Cover(one, own, List.of()));
    }
    return folders;
  }

  /** Whether anything may have been written since they were emptied. */
  boolean used() {
    if (!trusted) {
      return true;
    }
    for (int i = 0; i < whenEmpty.size(); i++) {
      if (Libc.changeTime(descriptors.get(i)) != whenEmpty.get(i)) {
        return true;
      }
    }
    return false;
  }

  /** For the next job; nothing of the last one may run any more. */
  void empty() throws IOException {
    for (Cover cover : covers) {
      Deletion.empty(cover.own(), cover.mountPoints());
    }
    if (sharedMemory) {
      Deletion.empty(Path.of("/proc/self/fd/" + descriptors.getLast()), List.of());
    }
    remember();
  }

  /** Times of change go by the kernel's tick: within that of the last one a next is not seen. */
  private void remember() {
    whenEmpty.clear();
    descriptors.forEach(one -> whenEmpty.add(Libc.changeTime(one)));
    long passed = System.currentTimeMillis() * 1_000_000 - TICK_NANOS_MAX;
    trusted = whenEmpty.stream().allMatch(changed -> changed < passed);
  }

  /** What they take on the disk, bytes. */
  long bytes() {
    return covers.stream().mapToLong(cover -> bytes(cover.own())).sum();
  }

  /**
   * What a folder and all in it takes on the disk, bytes; what vanishes meanwhile does not count.
   */
  static long bytes(Path folder) {
    long[] sum = {0};
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              sum[0] += Math.max(0, Libc.diskBytes(file.toString()));
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path one, IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // The visitor passes over all that fails.
    }
    return sum[0];
  }

  void remove() {
    descriptors.forEach(Libc::close);
    descriptors.clear();
    try {
      Deletion.delete(folder.getParent(), folder.getFileName());
    } catch (IOException e) {
      System.err.println("the folder " + folder + " cannot be deleted: " + e);
    }
  }
}
