package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * Mounts that the calling thread alone sees, and what it forks.
 *
 * <p>Errors: below zero is {@code -errno}; where a mount fails after the first one has been made,
 * {@link IllegalStateException}: the thread sees half of what was meant, and must not fork.
 */
final class Mounts {
  private static final int CLONE_NEWNS = 0x00020000;
  private static final long MS_NOSUID = 2;
  private static final long MS_NODEV = 4;
  private static final long MS_BIND = 4096;
  private static final long MS_REC = 16384;
  private static final long MS_PRIVATE = 1 << 18;

  private Mounts() {}

  /** A mount namespace for the calling thread alone; what it mounts, no other thread sees. */
  static int unshare() {
    int done = Libc.unshare(CLONE_NEWNS);
    return done < 0 ? done : Libc.mount("none", "/", "none", MS_REC | MS_PRIVATE, "");
  }

  /** An empty folder in memory, in the place of {@code folder}. */
  static void empty(Path folder, String mode, int sizeMib) {
    check(
        Libc.mount(
            "tmpfs",
            folder.toString(),
            "tmpfs",
            MS_NOSUID | MS_NODEV,
            "mode=" + mode + ",size=" + sizeMib + "m"),
        folder);
  }

  /** What an {@link #open} descriptor names, in the place of {@code folder}. */
  static void over(int original, Path folder) {
    check(
        Libc.mount(
            "/proc/thread-self/fd/" + original, folder.toString(), "none", MS_BIND | MS_REC, ""),
        folder);
  }

  /** Descriptors of folders, taken before something is mounted over them. */
  static int[] open(List<Path> folders) {
    return folders.stream()
        .mapToInt(folder -> check(Libc.openPath(folder.toString()), folder))
        .toArray();
  }

  /** Shows folders again, at their usual paths, beneath one that something was mounted over. */
  static void showAgain(List<Path> folders, int[] originals) {
    for (int i = 0; i < originals.length; i++) {
      Path path = folders.get(i);
      try {
        Files.createDirectories(path);
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          throw new IOException(path + " is no folder");
        }
      } catch (IOException e) {
        throw new IllegalStateException("jobs cannot be shown " + path, e);
      }
      over(originals[i], path);
      Libc.close(originals[i]);
    }
  }

  private static int check(int done, Path path) {
    if (done < 0) {
      throw new IllegalStateException("jobs cannot be shown " + path + ": " + Libc.describe(-done));
    }
    return done;
  }
}
