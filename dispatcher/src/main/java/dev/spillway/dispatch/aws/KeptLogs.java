package dev.spillway.dispatch.aws;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Logs of hops whose end is being recorded; the task store keeps them after that. */
final class KeptLogs {
  private static final int MOST = 1_000;

  private final Map<String, String> logs =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MOST;
        }
      };

  synchronized void put(String hopKey, String log) {
    logs.put(hopKey, log);
  }

  synchronized Optional<String> of(String hopKey) {
    return Optional.ofNullable(logs.get(hopKey));
  }
}
