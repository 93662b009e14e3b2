package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;

/**
 * Makes enclosures in the strength that the host allows, and finds those of a dead supervisor.
 *
 * <p>Shape: names are never used again ({@code <time of start>-<number>}), so that what a job of an
 * earlier supervisor still uses is told from what this one makes.
 */
final class Enclosures {
  private static final int OOM_KILLER_TAKES_PROCESSES_SINCE = 503;

  private final Optional<JobUser> user;
  private final Isolation isolation;
  private final Passage open;
  private final Passage covered;
  private final Path slots;
  private final Optional<Cgroups> cgroups;
  private final String whyNoCgroups;
  private final String start = Long.toString(System.currentTimeMillis(), 36);
  private final AtomicInteger number = new AtomicInteger();
  private volatile String whyNotPrivate;

  /**
   * @param folder the supervisor's
   * @param reach folders that jobs need
   */
  Enclosures(Path folder, Isolation isolation, Optional<JobUser> user, List<Path> reach) {
    this.user = user;
    this.isolation = isolation;
    this.open = new Passage(user, reach, List.of());
    this.covered = new Passage(user, reach, PrivateFolders.common());
    this.slots = folder.resolve("slots");
    Cgroups.Found found =
        isolation
            .cgroups()
            .map(root -> Cgroups.find(root, id(folder), ownGroup(), threadsMayPart()))
            .orElse(new Cgroups.Found(Optional.empty(), "switched off"));
    this.cgroups = found.cgroups();
    this.whyNoCgroups = found.whyNot();
    this.whyNotPrivate = isolation.privateTmp() ? "" : "switched off";
  }

  private static String id(Path folder) {
    var sum = new CRC32();
    sum.update(folder.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  private static Path ownGroup() {
    try {
      return Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
          .filter(line -> line.startsWith("0::/"))
          .map(line -> Path.of(line.substring("0::".length())))
          .findFirst()
          .orElse(Path.of("/"));
    } catch (IOException e) {
      return Path.of("/");
    }
  }

  private static boolean threadsMayPart() {
    String[] release = System.getProperty("os.version").split("[^0-9]+");
    return Integer.parseInt(release[0]) * 100 + Integer.parseInt(release[1])
        >= OOM_KILLER_TAKES_PROCESSES_SINCE;
  }

  boolean privateTmp() {
    return whyNotPrivate.isEmpty();
  }

  /** Whether the kernel holds memory limits; else they have to be watched. */
  boolean holdsMemory() {
    return cgroups.filter(one -> one.has(Cgroups.Controller.MEMORY)).isPresent();
  }

  boolean holdsLimits() {
    return isolation.limits();
  }

  boolean movesProcesses() {
    return cgroups.filter(Cgroups::movesProcesses).isPresent();
  }

  /**
   * Encloses the calling thread for good, and all that it forks.
   *
   * @param privately whether it gets private folders, if {@link #privateTmp} still says so after
   */
  Enclosure enclose(boolean privately) throws IOException {
    String name = start + "-" + number.incrementAndGet();
    Optional<PrivateFolders> folders = Optional.empty();
    boolean covering = privately && privateTmp();
    Passage passage = covering ? covered : open;
    if (covering || passage.needed()) {
      int done = Mounts.unshare();
      if (done == 0) {
        passage.open();
        if (covering) {
          folders = Optional.of(PrivateFolders.mount(slots.resolve(name), user, passage));
        }
      } else if (covering) {
        whyNotPrivate = "mounting: " + Libc.describe(-done);
      }
      if (done < 0 && passage.needed()) {
        System.err.println("no way for jobs into closed folders: " + Libc.describe(-done));
      }
    }
    Optional<Cgroup> cgroup = Optional.empty();
    if (cgroups.isPresent()) {
      cgroup = Optional.of(cgroups.get().make(name));
      if (!movesProcesses()) {
        cgroup.get().join(Libc.threadId());
      }
    }
    return Enclosure.ofThread(name, cgroup, folders);
  }

  /** What a supervisor before this one left, by name; who is in it goes on. */
  Map<String, Enclosure> leftBehind() throws IOException {
    Map<String, Cgroup> groups = new TreeMap<>();
    if (cgroups.isPresent()) {
      groups.putAll(cgroups.get().leftOvers());
    }
    Map<String, Path> namespaces = Proc.mountNamespaces(slots);
    var names = new TreeSet<>(groups.keySet());
    if (Files.isDirectory(slots, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> folders = Files.newDirectoryStream(slots)) {
        folders.forEach(folder -> names.add(folder.getFileName().toString()));
      }
    }
    Map<String, Enclosure> found = new TreeMap<>();
    for (String name : names) {
      Path folder = slots.resolve(name);
      found.put(
          name,
          Enclosure.leftBehind(
              name,
              Optional.ofNullable(groups.get(name)),
              Files.isDirectory(folder)
                  ? Optional.of(PrivateFolders.leftBehind(folder))
                  : Optional.empty(),
              Optional.ofNullable(namespaces.get(name))));
    }
    return found;
  }

  /** The supervisor ends. */
  void close() {
    cgroups.ifPresent(Cgroups::close);
  }

  ProcessSupervisor.Strength strength() {
    return new ProcessSupervisor.Strength(toString(), holdsLimits());
  }

  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    words.add("user " + user.map(JobUser::toString).orElse("of the server"));
    if (!isolation.limits()) {
      words.add("no limits");
    } else {
      words.add(cgroups.map(Cgroups::toString).orElse("no cgroup (" + whyNoCgroups + ")"));
      if (!holdsMemory()) {
        words.add("memory watched");
      }
    }
    words.add(privateTmp() ? "private /tmp" : "the host's /tmp (" + whyNotPrivate + ")");
    return String.join(", ", words);
  }
}
