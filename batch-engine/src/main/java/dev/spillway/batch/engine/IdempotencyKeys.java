package dev.spillway.batch.engine;

import dev.spillway.batch.job.JobSpec;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keys of the jobs that live, and of the last ones that ended. A caller looks into the store first;
 * this closes the gap between that look and the command's turn.
 */
final class IdempotencyKeys {
  private final Map<String, Known> live = new HashMap<>();
  private final LinkedHashMap<String, Ended> ended = new LinkedHashMap<>();
  private long forgottenVersion;

  /** The job that a key stands for. */
  record Known(String jobId, String jobName, String requestHash) {}

  private record Ended(Known known, long version) {}

  void live(JobSpec.IdempotencyKey key, String jobId, String jobName) {
    live.put(key.key(), new Known(jobId, jobName, key.requestHash()));
  }

  void ended(String key, long version) {
    Known known = live.remove(key);
    if (known == null) {
      return;
    }
    ended.putLast(key, new Ended(known, version));
    if (ended.size() > EngineLimits.ENDED_KEYS) {
      forgottenVersion = ended.pollFirstEntry().getValue().version();
    }
  }

  Optional<Known> find(String key) {
    Known known = live.get(key);
    if (known != null) {
      return Optional.of(known);
    }
    return Optional.ofNullable(ended.get(key)).map(Ended::known);
  }

  /** True when a job may have ended after {@code readAt} whose key is not remembered here. */
  boolean mayHaveForgottenSince(long readAt) {
    return readAt < forgottenVersion;
  }
}
