package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Lets jobs reach folders that lie beneath a folder closed to their user: a data folder or an
 * installation in root's home, say.
 *
 * <p>Nobody's rights change, and no file's. The forking thread takes a mount namespace of its own,
 * which its children inherit; there an empty folder lies over the closed one, and in it, at their
 * usual paths, are the folders that jobs need and nothing else.
 *
 * <p>Units: none. <br>
 * Errors: where mounting is refused (in most containers it is), nothing changes, and a job that
 * cannot enter a folder is told which.
 */
final class Passage {
  private final JobUser user;
  private final Map<Path, List<Path>> wanted = new TreeMap<>();

  /** {@code reach}: folders that jobs need, those that are open to the user among them. */
  Passage(JobUser user, List<Path> reach) {
    this.user = user;
    for (Path path : reach) {
      add(path.toAbsolutePath().normalize());
      try {
        add(path.toRealPath());
      } catch (IOException e) {
        // It is not there; then nothing can be shown.
      }
    }
  }

  private void add(Path path) {
    if (!Files.isDirectory(path)) {
      return;
    }
    Optional<Path> closed = user.closedFolderOnTheWayTo(path);
    if (closed.isPresent() && !closed.get().equals(path)) {
      List<Path> beneath = wanted.computeIfAbsent(closed.get(), _ -> new ArrayList<>());
      if (beneath.stream().noneMatch(path::startsWith)) {
        beneath.removeIf(other -> other.startsWith(path));
        beneath.add(path);
      }
    }
  }

  boolean needed() {
    return !wanted.isEmpty();
  }

  /**
   * Opens it for the calling thread and all that it forks.
   *
   * @return 0, or {@code -errno} where the system does not let us: then nothing has changed
   * @throws IllegalStateException when it was opened in part
   */
  int open() {
    int done = Libc.unshareMounts();
    if (done < 0) {
      return done;
    }
    wanted.forEach(Passage::open);
    return 0;
  }

  private static void open(Path closed, List<Path> beneath) {
    int[] originals = beneath.stream().mapToInt(path -> Libc.openPath(path.toString())).toArray();
    check(Libc.mountEmpty(closed.toString()), closed);
    for (int i = 0; i < originals.length; i++) {
      Path path = beneath.get(i);
      check(originals[i], path);
      try {
        Files.createDirectories(path);
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          throw new IOException(path + " is no folder");
        }
      } catch (IOException e) {
        throw new IllegalStateException("jobs cannot be shown " + path, e);
      }
      check(Libc.mountOver("/proc/thread-self/fd/" + originals[i], path.toString()), path);
      Libc.close(originals[i]);
    }
  }

  private static void check(int done, Path path) {
    if (done < 0) {
      throw new IllegalStateException("jobs cannot be shown " + path + ": " + Libc.describe(-done));
    }
  }
}
