package dev.spillway.batch.engine;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Size;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * This host, which backs all instances that are no machines of their own. Instances may promise
 * more than it has: an attempt that was placed waits here, in STARTING, until the host has room for
 * it. What is larger than the host takes all of it, and runs alone. First come, first. Held by one
 * thread.
 */
final class HostSlots {
  private final Size host;
  private final Map<AttemptId, Size> holders = new LinkedHashMap<>();
  private final SequencedMap<AttemptId, Size> waiting = new LinkedHashMap<>();
  private Size free;

  HostSlots(Size host) {
    this.host = host;
    this.free = host;
  }

  /** What it takes of this host. */
  Size slot(Size asked) {
    return new Size(
        Math.min(asked.vcpuMillis(), host.vcpuMillis()),
        Math.min(asked.memoryMib(), host.memoryMib()),
        0);
  }

  /** It runs already. */
  void hold(AttemptId attempt, Size asked) {
    Size slot = slot(asked);
    if (holders.put(attempt, slot) == null) {
      free = free.minus(slot);
    }
  }

  /** True when it may start now; else it waits. */
  boolean ask(AttemptId attempt, Size asked) {
    if (!waiting.isEmpty() || !free.holds(slot(asked))) {
      waiting.put(attempt, slot(asked));
      return false;
    }
    hold(attempt, asked);
    return true;
  }

  boolean waits(AttemptId attempt) {
    return waiting.containsKey(attempt);
  }

  /** It needs its slot no more; harmless when it has none. */
  void leave(AttemptId attempt) {
    waiting.remove(attempt);
    Size slot = holders.remove(attempt);
    if (slot != null) {
      free = free.plus(slot);
    }
  }

  /** Those whose turn has come. */
  List<AttemptId> next() {
    List<AttemptId> next = new ArrayList<>();
    while (!waiting.isEmpty() && free.holds(waiting.firstEntry().getValue())) {
      Map.Entry<AttemptId, Size> first = waiting.pollFirstEntry();
      hold(first.getKey(), first.getValue());
      next.add(first.getKey());
    }
    return next;
  }

  Size host() {
    return host;
  }

  Size free() {
    return free;
  }
}
