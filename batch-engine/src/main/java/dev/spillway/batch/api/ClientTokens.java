package dev.spillway.batch.api;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tokens under which a change was made, for as long as AWS remembers them. In memory: a restart
 * forgets them. Source: API UpdateConsumableResource, clientToken.
 */
final class ClientTokens {
  private static final Duration KEPT = Duration.ofHours(8);
  private static final int MOST = 10_000;

  private final InstantSource clock;
  private final Map<String, Instant> used = new LinkedHashMap<>();

  ClientTokens(InstantSource clock) {
    this.clock = clock;
  }

  /** Makes the change, unless it was made under this token. */
  synchronized void once(Optional<String> token, Runnable change) {
    Instant now = clock.instant();
    used.values().removeIf(at -> at.plus(KEPT).isBefore(now) || used.size() > MOST);
    if (token.isPresent() && used.containsKey(token.get())) {
      return;
    }
    change.run();
    token.ifPresent(t -> used.put(t, now));
  }
}
