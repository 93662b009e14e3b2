package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Lets jobs reach folders that lie beneath a folder closed to their user (a data folder or an
 * installation in root's home, say), or beneath one that they have of their own ({@code /tmp}).
 *
 * <p>Nobody's rights change, and no file's. The forking thread takes a mount namespace of its own,
 * which its children inherit; there an empty folder lies over the closed one, or the private over
 * the common one, and in it, at their usual paths, are the folders that jobs need and nothing else.
 *
 * <p>Units: none. <br>
 * Errors: where mounting is refused (in most containers it is), nothing changes, and a job that
 * cannot enter a folder is told which.
 */
final class Passage {
  private static final int MOUNT_POINTS_MIB = 1;

  private final Optional<JobUser> user;
  private final List<Path> common;
  private final Map<Path, List<Path>> closed = new TreeMap<>();
  private final Map<Path, List<Path>> beneathCommon = new TreeMap<>();

  /**
   * @param reach folders that jobs need, those that are open to the user among them
   * @param common folders of the host that jobs get their own in the place of
   */
  Passage(Optional<JobUser> user, List<Path> reach, List<Path> common) {
    this.user = user;
    this.common = common;
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
    Optional<Path> above = common.stream().filter(path::startsWith).findFirst();
    if (common.contains(path)) {
      return; // All of it would be as good as no private folder.
    }
    if (above.isPresent()) {
      add(beneathCommon, above.get(), path);
      return;
    }
    Optional<Path> shut = user.flatMap(one -> one.closedFolderOnTheWayTo(path));
    if (shut.isPresent() && !shut.get().equals(path)) {
      add(closed, shut.get(), path);
    }
  }

  private static void add(Map<Path, List<Path>> wanted, Path above, Path path) {
    List<Path> beneath = wanted.computeIfAbsent(above, _ -> new ArrayList<>());
    if (beneath.stream().noneMatch(path::startsWith)) {
      beneath.removeIf(other -> other.startsWith(path));
      beneath.add(path);
    }
  }

  /** Whether folders are closed to the user. */
  boolean needed() {
    return !closed.isEmpty();
  }

  /**
   * Opens it for the calling thread, which has a mount namespace of its own, and all that it forks.
   *
   * @throws IllegalStateException when it was opened in part
   */
  void open() {
    closed.forEach(
        (folder, beneath) -> {
          int[] originals = Mounts.open(beneath);
          Mounts.empty(folder, "0711", MOUNT_POINTS_MIB);
          Mounts.showAgain(beneath, originals);
        });
  }

  /**
   * Puts private folders in the place of common ones, with the folders that jobs need in them.
   *
   * @param common as the constructor was told
   * @param own for each; may themselves lie in one of the common folders
   */
  void cover(List<Path> common, List<Path> own) {
    int[] mine = Mounts.open(own);
    List<int[]> originals =
        common.stream()
            .map(one -> Mounts.open(beneathCommon.getOrDefault(one, List.of())))
            .toList();
    for (int i = 0; i < mine.length; i++) {
      Mounts.over(mine[i], common.get(i));
      Libc.close(mine[i]);
      Mounts.showAgain(beneathCommon.getOrDefault(common.get(i), List.of()), originals.get(i));
    }
  }

  /**
   * Names in {@link #cover}ed {@code folder} that are not a job's to write in or ours to delete.
   */
  List<Path> mountPoints(Path folder) {
    return beneathCommon.getOrDefault(folder, List.of()).stream()
        .map(path -> folder.relativize(path).getName(0))
        .distinct()
        .toList();
  }
}
