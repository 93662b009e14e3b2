package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What {@code /proc} tells of a process.
 *
 * @param startTicks clock ticks after boot; with the id it names a process for good
 */
record Proc(int pid, char state, int parent, int session, long startTicks, long rssPages) {
  private static final Path ROOT = Path.of("/proc");

  /** Empty when there is no such process; an ended one that nobody has reaped does not count. */
  static Optional<Proc> alive(int pid) {
    try {
      String stat = Files.readString(ROOT.resolve(Integer.toString(pid)).resolve("stat"));
      // The second field is the program's name in brackets, and may hold anything.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      var found =
          new Proc(
              pid,
              fields[0].charAt(0),
              Integer.parseInt(fields[1]),
              Integer.parseInt(fields[3]),
              Long.parseLong(fields[19]),
              Long.parseLong(fields[21]));
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

  /** All that live, by id. */
  static Map<Integer, Proc> table() {
    Map<Integer, Proc> table = new HashMap<>();
    for (int pid : all()) {
      alive(pid).ifPresent(one -> table.put(pid, one));
    }
    return table;
  }

  /** A session's leader, all of its session, and what descends from these. */
  static Set<Integer> tree(int leader, Map<Integer, Proc> table) {
    Map<Integer, List<Integer>> children = new HashMap<>();
    Deque<Integer> next = new ArrayDeque<>();
    for (Proc one : table.values()) {
      children.computeIfAbsent(one.parent, _ -> new ArrayList<>()).add(one.pid);
      if (one.session == leader || one.pid == leader) {
        next.add(one.pid);
      }
    }
    Set<Integer> tree = new HashSet<>();
    while (!next.isEmpty()) {
      int pid = next.remove();
      if (tree.add(pid)) {
        next.addAll(children.getOrDefault(pid, List.of()));
      }
    }
    return tree;
  }

  /** Its part of the memory that it shares, and its own; 0 when it has gone. */
  static long proportionalBytes(int pid) {
    try (Stream<String> lines =
        Files.lines(ROOT.resolve(Integer.toString(pid)).resolve("smaps_rollup"))) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  /** By what {@code /proc/pid/ns/mnt} names; we ourselves and zombies are not looked at. */
  static Map<Path, List<Integer>> byMountNamespace() {
    Map<Path, List<Integer>> found = new HashMap<>();
    for (int pid : all()) {
      if (pid != Libc.processId()) {
        // A zombie has none.
        mountNamespace(pid)
            .ifPresent(one -> found.computeIfAbsent(one, _ -> new ArrayList<>()).add(pid));
      }
    }
    return found;
  }

  private static Optional<Path> mountNamespace(int pid) {
    try {
      return Optional.of(
          Files.readSymbolicLink(ROOT.resolve(Integer.toString(pid)).resolve("ns/mnt")));
    } catch (IOException e) {
      return Optional.empty(); // It has ended, or is somebody else's.
    }
  }

  /**
   * Mount namespaces in which a folder {@code slots/<name>/...} lies over another, by name.
   *
   * <p>Where {@code slots} is on a file system of its own its path is shorter there, so that its
   * last name must do.
   */
  static Map<String, Path> mountNamespaces(Path slots) {
    var overlaid = Pattern.compile(" \\S*/" + slots.getFileName() + "/([^/ ]+)/[^/ ]+ /\\S+ ");
    Map<String, Path> found = new HashMap<>();
    Set<Path> seen = new HashSet<>();
    for (int pid : Files.isDirectory(slots) ? all() : List.<Integer>of()) {
      Optional<Path> namespace = mountNamespace(pid);
      if (namespace.isEmpty() || !seen.add(namespace.get())) {
        continue;
      }
      try {
        String mounts = Files.readString(ROOT.resolve(Integer.toString(pid)).resolve("mountinfo"));
        Matcher match = overlaid.matcher(mounts);
        while (match.find()) {
          if (Files.isDirectory(slots.resolve(match.group(1)))) {
            found.put(match.group(1), namespace.get());
          }
        }
      } catch (IOException e) {
        // It has ended.
      }
    }
    return found;
  }

  private static List<Integer> all() {
    List<Integer> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(ROOT, "[1-9]*")) {
      entries.forEach(entry -> pids.add(Integer.parseInt(entry.getFileName().toString())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return pids;
  }
}
