package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.supervisor.Cgroups.Controller;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The control group of one slot, one folder in each hierarchy; used again for job after job.
 *
 * <p>Shape: what can be kept open of what is read at every end is; limits are written only when
 * they change. <br>
 * Units: 1 vCPU is 1024 shares (version 1) or a weight of 100 (version 2), as a plain process has.
 */
final class Cgroup implements AutoCloseable {
  /** Stops a fork bomb before it takes every process id of the host. */
  private static final String PIDS_MAX = "16384";

  private static final long SHARES_PER_VCPU = 1024;
  private static final long SHARES_MIN = 2;
  private static final long SHARES_MAX = 262_144;
  private static final long WEIGHT_PER_VCPU = 100;
  private static final long WEIGHT_MIN = 1;
  private static final long WEIGHT_MAX = 10_000;
  private static final long REMOVE_AGAIN_NANOS = 1_000_000;
  private static final int REMOVE_TRIES_MAX = 500;
  private static final int LONGEST_LIST = 1 << 20;

  /** The two interfaces of the kernel. */
  enum Version {
    V1,
    V2
  }

  private final Version version;
  private final Map<Controller, Path> folders;
  private final Path anchor;
  private final Optional<ControlFile> memoryEvents;
  private final Optional<ControlFile> count;
  private Optional<Limits> written = Optional.empty();
  private long kills;
  private int joined;

  Cgroup(Version version, Map<Controller, Path> folders, Path anchor) throws IOException {
    this.version = version;
    this.folders = Map.copyOf(folders);
    this.anchor = anchor;
    String events = version == Version.V1 ? "memory.oom_control" : "memory.events";
    this.memoryEvents =
        folders.containsKey(Controller.MEMORY)
            ? Optional.of(new ControlFile(folders.get(Controller.MEMORY).resolve(events)))
            : Optional.empty();
    if (folders.containsKey(Controller.PIDS)) {
      Path pids = folders.get(Controller.PIDS);
      write(pids.resolve("pids.max"), PIDS_MAX);
      this.count = Optional.of(new ControlFile(pids.resolve("pids.current")));
    } else {
      this.count = Optional.empty();
    }
    this.kills = kills();
  }

  static String name(Controller controller) {
    return controller.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Version 1: the thread joins for good, and all that it forks is born here.
   *
   * @param thread the kernel's id
   */
  void join(int thread) throws IOException {
    for (Path folder : folders.values()) {
      write(folder.resolve("tasks"), Integer.toString(thread));
    }
    joined = 1;
  }

  /** Version 2: moves a process. */
  void move(int pid) throws IOException {
    write(anchor.resolve("cgroup.procs"), Integer.toString(pid));
  }

  boolean limitedTo(Limits limits) {
    return written.isPresent() && written.get().equals(limits);
  }

  /** For the next job; to lower a limit may take as long as to write the last job's pages. */
  void limit(Limits limits) throws IOException {
    written = Optional.empty();
    if (folders.containsKey(Controller.MEMORY)) {
      memory(folders.get(Controller.MEMORY), limits.memoryMib());
    }
    if (folders.containsKey(Controller.CPU)) {
      cpu(folders.get(Controller.CPU), limits.vcpuMillis());
    }
    written = Optional.of(limits);
  }

  private void memory(Path folder, long mib) throws IOException {
    String bytes = mib == 0 ? "-1" : Long.toString(mib << 20);
    if (version == Version.V2) {
      write(folder.resolve("memory.max"), mib == 0 ? "max" : bytes);
      if (Files.exists(folder.resolve("memory.swap.max"))) {
        write(folder.resolve("memory.swap.max"), mib == 0 ? "max" : "0");
      }
      if (Files.exists(folder.resolve("memory.oom.group"))) {
        write(folder.resolve("memory.oom.group"), "1");
      }
      return;
    }
    // Memory with swap may never be less than memory alone.
    Path both = folder.resolve("memory.memsw.limit_in_bytes");
    boolean swap = Files.exists(both);
    if (swap) {
      write(both, "-1");
    }
    write(folder.resolve("memory.limit_in_bytes"), bytes);
    if (swap) {
      write(both, bytes);
    }
  }

  private void cpu(Path folder, int vcpuMillis) throws IOException {
    long millis = vcpuMillis == 0 ? 1000 : vcpuMillis;
    if (version == Version.V2) {
      long weight = Math.clamp(millis * WEIGHT_PER_VCPU / 1000, WEIGHT_MIN, WEIGHT_MAX);
      write(folder.resolve("cpu.weight"), Long.toString(weight));
    } else {
      long shares = Math.clamp(millis * SHARES_PER_VCPU / 1000, SHARES_MIN, SHARES_MAX);
      write(folder.resolve("cpu.shares"), Long.toString(shares));
    }
  }

  /** Whether the kernel has killed for want of memory since this was asked for last. */
  boolean outOfMemory() throws IOException {
    long before = kills;
    kills = kills();
    return kills > before;
  }

  private long kills() throws IOException {
    return memoryEvents.isPresent() ? memoryEvents.get().number("oom_kill ") : 0;
  }

  /** Whether nothing is in it but a thread that {@link #join}ed; a cheaper question than who. */
  boolean deserted() throws IOException {
    return count.isPresent() ? count.get().number("") <= joined : members().isEmpty();
  }

  /** All that is in it, sessions of its own making included, but not ourselves. */
  List<Integer> members() throws IOException {
    String text;
    // Opened anew: version 1 tells an open file what it told it before, while it goes on asking.
    try (FileChannel processes =
        FileChannel.open(anchor.resolve("cgroup.procs"), StandardOpenOption.READ)) {
      text = read(processes);
    }
    List<Integer> members = new ArrayList<>();
    int from = 0;
    int self = Libc.processId();
    for (int end = text.indexOf('\n'); end > 0; end = text.indexOf('\n', from)) {
      int pid = Integer.parseInt(text, from, end, 10);
      if (pid != self && pid != 0) {
        members.add(pid);
      }
      from = end + 1;
    }
    return members;
  }

  /** One look; what forks meanwhile needs another. */
  void kill() throws IOException {
    Path all = anchor.resolve("cgroup.kill");
    if (version == Version.V2 && Files.exists(all)) {
      write(all, "1");
      return;
    }
    for (int pid : members()) {
      Libc.kill(pid, Libc.SIGKILL);
    }
  }

  /** Of it nothing runs any more; a thread may be in it for a moment after it was waited for. */
  void remove() {
    close();
    folders.values().forEach(Cgroup::removeSoon);
    removeSoon(anchor);
  }

  private static void removeSoon(Path folder) {
    for (int i = 0; i < REMOVE_TRIES_MAX && !removeEmpty(folder); i++) {
      LockSupport.parkNanos(REMOVE_AGAIN_NANOS);
    }
  }

  @Override
  public void close() {
    memoryEvents.ifPresent(ControlFile::close);
    count.ifPresent(ControlFile::close);
  }

  /** False while something is in it; at the worst it stays, and the next start looks again. */
  static boolean removeEmpty(Path folder) {
    try {
      Files.deleteIfExists(folder);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private String read(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    while (true) {
      int read = channel.read(bytes, bytes.position());
      if (read < 0 || !bytes.hasRemaining() && bytes.capacity() >= LONGEST_LIST) {
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
      }
      if (!bytes.hasRemaining()) {
        bytes = ByteBuffer.allocate(bytes.capacity() * 4).put(bytes.flip());
      }
    }
  }

  static void write(Path file, String value) throws IOException {
    try (FileChannel channel = FileChannel.open(file, Cgroups.OVERWRITE)) {
      channel.write(ByteBuffer.wrap(value.getBytes(StandardCharsets.US_ASCII)));
    } catch (IOException e) {
      throw new IOException("\"" + value + "\" into " + file + ": " + e.getMessage(), e);
    }
  }
}
