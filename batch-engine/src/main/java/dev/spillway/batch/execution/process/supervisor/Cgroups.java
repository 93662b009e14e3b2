package dev.spillway.batch.execution.process.supervisor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The control groups of one supervisor: {@code spillway/<supervisor>/<slot>} at the top of the
 * hierarchies, as Docker has {@code docker/<container>}.
 *
 * <p>Shape: plain files beneath a path, so that a test can put a tree of its own there. What this
 * host has is found out once, by making a group and setting a limit in it. <br>
 * Source: the kernel's {@code admin-guide/cgroup-v1} and {@code cgroup-v2.rst}.
 */
final class Cgroups {
  private static final String OURS = "spillway";
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  /** What a hierarchy can hold. */
  enum Controller {
    MEMORY,
    CPU,
    PIDS
  }

  private final Cgroup.Version version;
  private final Map<Controller, Path> parents;

  /** Of version 2, the one folder that stands for all, controllers or not. */
  private final Path anchor;

  private Cgroups(Cgroup.Version version, Map<Controller, Path> parents, Path anchor) {
    this.version = version;
    this.parents = parents;
    this.anchor = anchor;
  }

  /** The groups that can be used, or why none can. */
  record Found(Optional<Cgroups> cgroups, String whyNot) {}

  /**
   * @param root where the hierarchies are mounted
   * @param name of this supervisor's groups
   * @param own where the supervisor itself is in the unified hierarchy, from {@code /}
   * @param threadsMayPart whether the kernel's OOM killer looks at processes, not at threads: then
   *     a thread of the supervisor may wait in a job's group
   */
  static Found find(Path root, String name, Path own, boolean threadsMayPart) {
    List<String> refusals = new ArrayList<>();
    if (Files.exists(root.resolve("cgroup.controllers"))) {
      Optional<Cgroups> killsOnly = Optional.empty();
      for (Path base : bases(root, own)) {
        try {
          Cgroups found = unified(base.resolve(OURS).resolve(name));
          if (found.has(Controller.MEMORY)) {
            return new Found(Optional.of(found), "");
          }
          killsOnly = killsOnly.or(() -> Optional.of(found));
        } catch (IOException e) {
          refusals.add(e.toString());
        }
      }
      return new Found(killsOnly, String.join("; ", refusals));
    }
    if (!Files.exists(root.resolve("memory/cgroup.procs"))) {
      return new Found(Optional.empty(), "no control groups in " + root);
    }
    if (!threadsMayPart) {
      return new Found(Optional.empty(), "cgroup v1 of a kernel before 5.3");
    }
    try {
      return new Found(Optional.of(first(root, name)), "");
    } catch (IOException e) {
      return new Found(Optional.empty(), e.toString());
    }
  }

  /** At the top, or in what was delegated to us. */
  private static List<Path> bases(Path root, Path own) {
    Path mine = root.resolve(Path.of("/").relativize(own).toString());
    return own.getNameCount() == 0 ? List.of(root) : List.of(root, mine.getParent(), mine);
  }

  private static Cgroups unified(Path parent) throws IOException {
    List<Path> way = List.of(parent.getParent().getParent(), parent.getParent(), parent);
    Files.createDirectories(parent);
    Map<Controller, Path> found = new TreeMap<>();
    for (Controller controller : Controller.values()) {
      String name = Cgroup.name(controller);
      try {
        for (Path folder : way) {
          if (!words(folder.resolve("cgroup.subtree_control")).contains(name)) {
            Cgroup.write(folder.resolve("cgroup.subtree_control"), "+" + name);
          }
        }
        if (controller == Controller.CPU) {
          weigh(parent, "cpu.weight", Math.min(10_000, 100 * PROCESSORS));
        }
        found.put(controller, parent);
      } catch (IOException e) {
        // Held by version 1, or not delegated, or processes are in the way.
      }
    }
    var cgroups = new Cgroups(Cgroup.Version.V2, found, parent);
    cgroups.tryOut();
    return cgroups;
  }

  private static Cgroups first(Path root, String name) throws IOException {
    Map<Controller, Path> found = new TreeMap<>();
    for (Controller controller : Controller.values()) {
      Path hierarchy = root.resolve(Cgroup.name(controller));
      if (!Files.exists(hierarchy.resolve("cgroup.procs"))) {
        continue;
      }
      Path parent = hierarchy.resolve(OURS).resolve(name);
      try {
        Files.createDirectories(parent);
        if (controller == Controller.CPU) {
          weigh(parent, "cpu.shares", 1024 * PROCESSORS);
        }
        found.put(controller, parent);
      } catch (IOException e) {
        if (controller == Controller.MEMORY) {
          throw e;
        }
      }
    }
    var cgroups = new Cgroups(Cgroup.Version.V1, found, found.get(Controller.MEMORY));
    cgroups.tryOut();
    return cgroups;
  }

  /** Else all jobs together would weigh no more than one process or service beside them. */
  private static void weigh(Path parent, String file, int weight) throws IOException {
    Cgroup.write(parent.resolve(file), Integer.toString(weight));
    Cgroup.write(parent.resolveSibling(file), Integer.toString(weight));
  }

  private static List<String> words(Path file) throws IOException {
    return List.of(Files.readString(file).strip().split("\\s+"));
  }

  private void tryOut() throws IOException {
    Cgroup probe = make("probe");
    try {
      probe.limit(new dev.spillway.batch.execution.process.ProcessSupervisor.Limits(64, 1000, 0));
    } finally {
      probe.remove();
    }
  }

  boolean has(Controller controller) {
    return parents.containsKey(controller);
  }

  /** Whether a process is moved after it was forked, because threads cannot part from theirs. */
  boolean movesProcesses() {
    return version == Cgroup.Version.V2;
  }

  Cgroup make(String slot) throws IOException {
    for (Path parent : all()) {
      Files.createDirectories(parent.resolve(slot));
    }
    return existing(slot);
  }

  private Cgroup existing(String slot) throws IOException {
    Map<Controller, Path> folders = new TreeMap<>();
    parents.forEach((controller, parent) -> folders.put(controller, parent.resolve(slot)));
    return new Cgroup(version, folders, anchor.resolve(slot));
  }

  /** By slot; of a supervisor before this one. */
  Map<String, Cgroup> leftOvers() throws IOException {
    Map<String, Cgroup> found = new TreeMap<>();
    try (DirectoryStream<Path> slots = Files.newDirectoryStream(anchor, Files::isDirectory)) {
      for (Path slot : slots) {
        String name = slot.getFileName().toString();
        found.put(name, make(name));
      }
    }
    return found;
  }

  private List<Path> all() {
    List<Path> all = new ArrayList<>(parents.values());
    all.add(anchor);
    return all.stream().distinct().toList();
  }

  /** The supervisor ends; what is still in use stays. */
  void close() {
    for (Path parent : all()) {
      Cgroup.removeEmpty(parent);
      Cgroup.removeEmpty(parent.getParent());
    }
  }

  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    if (has(Controller.MEMORY)) {
      words.add("memory");
    }
    if (has(Controller.CPU)) {
      words.add("cpu shares");
    }
    if (has(Controller.PIDS)) {
      words.add("pids");
    }
    words.add("kill");
    return "cgroup "
        + version.name().toLowerCase(java.util.Locale.ROOT)
        + " ("
        + String.join(", ", words)
        + ")";
  }

  static final java.util.Set<StandardOpenOption> OVERWRITE =
      java.util.Set.of(StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
}
