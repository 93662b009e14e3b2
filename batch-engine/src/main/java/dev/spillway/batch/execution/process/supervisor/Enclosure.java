package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What holds one running process and all that it starts: a control group and private folders, each
 * where the host has them.
 *
 * <p>Errors: a control group that cannot be read any more was removed by somebody, and so is empty.
 */
final class Enclosure {
  final String name;
  private final Optional<Cgroup> cgroup;
  private final Optional<PrivateFolders> folders;
  private final Optional<Path> mountNamespace;

  private Enclosure(
      String name,
      Optional<Cgroup> cgroup,
      Optional<PrivateFolders> folders,
      Optional<Path> mountNamespace) {
    this.name = name;
    this.cgroup = cgroup;
    this.folders = folders;
    this.mountNamespace = mountNamespace;
  }

  /** {@code folders}: mounted in the calling thread's mount namespace. */
  static Enclosure ofThread(
      String name, Optional<Cgroup> cgroup, Optional<PrivateFolders> folders) {
    try {
      Optional<Path> namespace =
          folders.isPresent()
              ? Optional.of(Files.readSymbolicLink(Path.of("/proc/thread-self/ns/mnt")))
              : Optional.empty();
      return new Enclosure(name, cgroup, folders, namespace);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code namespace}: of a process that was found in it. */
  static Enclosure leftBehind(
      String name,
      Optional<Cgroup> cgroup,
      Optional<PrivateFolders> folders,
      Optional<Path> namespace) {
    return new Enclosure(name, cgroup, folders, namespace);
  }

  Optional<Cgroup> cgroup() {
    return cgroup;
  }

  boolean limitedTo(Limits limits) {
    return cgroup.map(one -> one.limitedTo(limits)).orElse(true);
  }

  void limit(Limits limits) throws IOException {
    if (cgroup.isPresent()) {
      cgroup.get().limit(limits);
    }
  }

  boolean outOfMemory() {
    try {
      return cgroup.isPresent() && cgroup.get().outOfMemory();
    } catch (IOException e) {
      return false;
    }
  }

  /** Who is in it, as far as that can be told: without both, its processes are not known. */
  List<Integer> members() {
    return members(cgroup.isPresent() ? Map.of() : Proc.byMountNamespace());
  }

  /** {@code namespaces}: a look at all processes, where {@link #knowsMembers} is false. */
  List<Integer> members(Map<Path, List<Integer>> namespaces) {
    try {
      return cgroup.isPresent()
          ? cgroup.get().members()
          : mountNamespace.map(one -> namespaces.getOrDefault(one, List.of())).orElse(List.of());
    } catch (IOException e) {
      return List.of();
    }
  }

  /** True when one look at few files tells {@link #members}. */
  boolean knowsMembers() {
    return cgroup.isPresent();
  }

  /** One look; what forks meanwhile needs another. */
  void kill(List<Integer> members) {
    try {
      if (cgroup.isPresent()) {
        cgroup.get().kill();
      } else {
        members.forEach(pid -> Libc.kill(pid, Libc.SIGKILL));
      }
    } catch (IOException e) {
      System.err.println("the group of slot " + name + " cannot be killed: " + e);
    }
  }

  /** Whether the next job finds it as the last one did, without a look at every process. */
  boolean untouched() {
    if (folders.isPresent() && (!knowsMembers() || folders.get().used())) {
      return false;
    }
    try {
      return cgroup.isEmpty() || cgroup.get().deserted();
    } catch (IOException e) {
      return false;
    }
  }

  /** For the next job; nobody is in it any more. */
  void empty() throws IOException {
    outOfMemory(); // What the last job left may have been killed after its end.
    if (folders.isPresent()) {
      folders.get().empty();
    }
  }

  /** What its private folders take on the disk, bytes. */
  long bytes() {
    return folders.map(PrivateFolders::bytes).orElse(0L);
  }

  void remove() {
    cgroup.ifPresent(Cgroup::remove);
    folders.ifPresent(PrivateFolders::remove);
  }
}
