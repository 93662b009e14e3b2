package dev.spillway.batch.execution.process.supervisor;

import dev.spillway.batch.execution.process.ProcessSupervisor.Excess;
import dev.spillway.batch.execution.process.supervisor.Children.Child;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds the limits that the kernel does not hold for us here: looks now and then, and kills.
 *
 * <p>Shape: one look at the process table serves all jobs. The sum of resident sets counts shared
 * pages once for each process, so it only makes us look closer: what decides is the proportional
 * share of each ({@code Pss}). <br>
 * Units: bytes within. <br>
 * Errors: a job may go over for as long as a look lasts, {@value #EVERY_MILLIS} ms or so; on a
 * large tree of temporary files longer, since a look may take no more than a twentieth of the time.
 */
final class Watch {
  private static final long EVERY_MILLIS = 250;
  private static final int TMP_REST = 20;
  private static final int PAGE_BYTES = 4096;
  private static final long MIB = 1 << 20;

  private final Children children;
  private final boolean memory;
  private final Map<Child, Long> tmpNotBefore = new HashMap<>();

  /** {@code memory}: whether memory is ours to watch. */
  Watch(Children children, boolean memory) {
    this.children = children;
    this.memory = memory;
  }

  void run() throws InterruptedException {
    while (true) {
      Thread.sleep(EVERY_MILLIS);
      List<Child> limited = children.limited();
      tmpNotBefore.keySet().retainAll(new HashSet<>(limited));
      if (memory) {
        watchMemory(limited.stream().filter(one -> one.limits.memoryMib() > 0).toList());
      }
      limited.stream().filter(one -> one.limits.tmpMib() > 0).forEach(this::watchTmp);
    }
  }

  private void watchMemory(List<Child> limited) {
    if (limited.isEmpty()) {
      return;
    }
    Map<Integer, Proc> table = Proc.table();
    for (Child child : limited) {
      Set<Integer> tree = Proc.tree(child.pid, table);
      if (child.enclosure != null && child.enclosure.knowsMembers()) {
        tree.addAll(child.enclosure.members());
      }
      long limit = child.limits.memoryMib() * MIB;
      long resident =
          tree.stream().filter(table::containsKey).mapToLong(pid -> table.get(pid).rssPages()).sum()
              * PAGE_BYTES;
      if (resident > limit) {
        long used = tree.stream().mapToLong(Proc::proportionalBytes).sum();
        if (used > limit) {
          exceeded(child, Excess.Kind.MEMORY, used, child.limits.memoryMib());
        }
      }
    }
  }

  private void watchTmp(Child child) {
    long start = System.nanoTime();
    if (start < tmpNotBefore.getOrDefault(child, start)) {
      return;
    }
    long used = child.enclosure == null ? 0 : child.enclosure.bytes();
    if (child.temporary != null) {
      used += PrivateFolders.bytes(child.temporary);
    }
    if (used > child.limits.tmpMib() * MIB) {
      exceeded(child, Excess.Kind.TMP, used, child.limits.tmpMib());
    }
    long end = System.nanoTime();
    tmpNotBefore.put(child, end + (end - start) * TMP_REST);
  }

  private void exceeded(Child child, Excess.Kind kind, long bytes, long limitMib) {
    children.exceeded(child, new Excess(kind, (bytes + MIB - 1) / MIB, limitMib));
  }
}
