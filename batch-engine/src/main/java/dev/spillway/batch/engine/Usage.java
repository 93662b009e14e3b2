package dev.spillway.batch.engine;

import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Placement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** What the attempts in progress hold. Held by one thread. */
final class Usage {
  private final Map<String, Long> consumables = new HashMap<>();
  private final Map<String, Long> vcpuMillisByEnvironment = new HashMap<>();
  private final Map<String, Long> vcpuMillisByQueue = new HashMap<>();
  private final Map<String, SequencedMap<String, Job>> onEnvironment = new HashMap<>();

  void add(Job job, Placement on) {
    add(job.spec(), on, 1);
    onEnvironment
        .computeIfAbsent(on.computeEnvironment(), _ -> new LinkedHashMap<>())
        .put(job.id(), job);
  }

  void remove(Job job, Placement on) {
    add(job.spec(), on, -1);
    onEnvironment.computeIfPresent(
        on.computeEnvironment(),
        (_, jobs) -> {
          jobs.remove(job.id());
          return jobs.isEmpty() ? null : jobs;
        });
  }

  private void add(JobSpec spec, Placement on, int sign) {
    JobSpec.Needs needs = spec.needs();
    add(vcpuMillisByEnvironment, on.computeEnvironment(), sign * needs.vcpuMillis());
    add(vcpuMillisByQueue, spec.jobQueue(), sign * needs.vcpuMillis());
    for (ConsumableNeed need : needs.consumables()) {
      add(consumables, need.consumableResource(), sign * need.quantity());
    }
  }

  private static void add(Map<String, Long> sums, String key, long change) {
    sums.merge(key, change, (a, b) -> a + b == 0 ? null : Long.valueOf(a + b));
  }

  long consumable(String name) {
    return consumables.getOrDefault(name, 0L);
  }

  Map<String, Long> consumables() {
    return Map.copyOf(consumables);
  }

  long ofEnvironment(String name) {
    return vcpuMillisByEnvironment.getOrDefault(name, 0L);
  }

  long ofQueue(String name) {
    return vcpuMillisByQueue.getOrDefault(name, 0L);
  }

  /** Jobs with an attempt in progress there, the oldest first. */
  Iterable<Job> on(String environment) {
    SequencedMap<String, Job> jobs = onEnvironment.get(environment);
    return jobs == null ? List.of() : jobs.values();
  }
}
