package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What {@code /proc} tells of a process.
 *
 * @param startTicks clock ticks after boot; with the id it names a process for good
 */
record Proc(int pid, char state, int session, long startTicks) {
  private static final Path ROOT = Path.of("/proc");

  /** Empty when there is no such process; an ended one that nobody has reaped does not count. */
  static Optional<Proc> alive(int pid) {
    try {
      String stat = Files.readString(ROOT.resolve(Integer.toString(pid)).resolve("stat"));
      // The second field is the program's name in brackets, and may hold anything.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      var found =
          new Proc(
              pid, fields[0].charAt(0), Integer.parseInt(fields[3]), Long.parseLong(fields[19]));
      return found.state == 'Z' || found.state == 'X' ? Optional.empty() : Optional.of(found);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * All processes of sessions whose leader has ended. One that has a leader is left out: its id has
   * gone to a new session since.
   */
  static List<Integer> followers(Set<Integer> sessions) {
    Set<Integer> orphaned = new HashSet<>(sessions);
    orphaned.removeIf(leader -> alive(leader).isPresent());
    List<Integer> found = new ArrayList<>();
    if (!orphaned.isEmpty()) {
      for (int pid : all()) {
        if (alive(pid).filter(one -> orphaned.contains(one.session)).isPresent()) {
          found.add(pid);
        }
      }
    }
    return found;
  }

  /** The session leader whose current folder is this one. */
  static OptionalInt leaderIn(String folder) {
    Path wanted = Path.of(folder);
    for (int pid : all()) {
      try {
        Path link = ROOT.resolve(Integer.toString(pid)).resolve("cwd");
        if (Files.readSymbolicLink(link).equals(wanted)
            && alive(pid).filter(one -> one.session == pid).isPresent()) {
          return OptionalInt.of(pid);
        }
      } catch (IOException e) {
        // It ended while we looked, or it is somebody else's: not the one we forked.
      }
    }
    return OptionalInt.empty();
  }

  private static List<Integer> all() {
    List<Integer> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(ROOT, "[1-9]*")) {
      entries.forEach(entry -> pids.add(Integer.parseInt(entry.getFileName().toString())));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return pids;
  }
}
