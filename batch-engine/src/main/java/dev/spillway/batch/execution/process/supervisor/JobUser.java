package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The unprivileged user that jobs run as when the supervisor is root.
 *
 * <p>It keeps jobs away from root's files. It is no isolation: jobs of one user can see and signal
 * each other, and the network is the host's.
 */
public record JobUser(int uid, int gid) {
  /** {@code nobody:nogroup} on Linux. */
  public static final JobUser NOBODY = new JobUser(65534, 65534);

  /** Reads {@code uid:gid}. */
  public static JobUser parse(String text) {
    String[] ids = text.split(":");
    try {
      return new JobUser(Integer.parseInt(ids[0]), Integer.parseInt(ids[1]));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "the job user is \"" + text + "\"; give numbers as uid:gid, for example 65534:65534", e);
    }
  }

  /** The first folder above {@code path}, or it itself, that this user may not enter. */
  public Optional<Path> closedFolderOnTheWayTo(Path path) {
    Path whole = path.toAbsolutePath().normalize();
    Path folder = whole.getRoot();
    for (Path name : whole) {
      folder = folder.resolve(name);
      if (Files.isDirectory(folder) && !mayEnter(folder)) {
        return Optional.of(folder);
      }
    }
    return Optional.empty();
  }

  private boolean mayEnter(Path folder) {
    try {
      Set<PosixFilePermission> allowed =
          Files.readAttributes(folder, PosixFileAttributes.class).permissions();
      Map<String, Object> owner = Files.readAttributes(folder, "unix:uid,gid");
      if (owner.get("uid").equals(uid)) {
        return allowed.contains(PosixFilePermission.OWNER_EXECUTE);
      }
      return allowed.contains(
          owner.get("gid").equals(gid)
              ? PosixFilePermission.GROUP_EXECUTE
              : PosixFilePermission.OTHERS_EXECUTE);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return uid + ":" + gid;
  }
}
