package dev.spillway.batch.consumableresource;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Something that jobs hold while they run, or use up: licences, tokens.
 *
 * @param totalQuantity what there is; falls as jobs use up a resource that does not come back
 * @param version rises by one with each change; an update names the version it was made from
 * @param tags as a JSON object
 * @param clientTokens under which it was updated, and when
 */
public record ConsumableResource(
    String name,
    Type type,
    long totalQuantity,
    Instant createdAt,
    long version,
    String tags,
    Map<String, Instant> clientTokens) {

  /** Source: API UpdateConsumableResource, clientToken. */
  private static final Duration TOKENS_KEPT = Duration.ofHours(8);

  private static final int MOST_TOKENS = 1_000;

  /** Source: API CreateConsumableResource, resourceType. */
  public enum Type {
    REPLENISHABLE,
    NON_REPLENISHABLE
  }

  /** A new one. */
  public ConsumableResource(
      String name, Type type, long totalQuantity, Instant createdAt, String tags) {
    this(name, type, totalQuantity, createdAt, 1, tags, Map.of());
  }

  public ConsumableResource total(long quantity) {
    return new ConsumableResource(name, type, quantity, createdAt, version + 1, tags, clientTokens);
  }

  public ConsumableResource tagged(String newTags) {
    return new ConsumableResource(
        name, type, totalQuantity, createdAt, version + 1, newTags, clientTokens);
  }

  /** Whether the update that carries this token was made before, in the last eight hours. */
  public boolean updatedUnder(String token, Instant now) {
    Instant at = clientTokens.get(token);
    return at != null && !at.plus(TOKENS_KEPT).isBefore(now);
  }

  /** {@link #total}, under a token; of the tokens, the newest thousand are remembered. */
  public ConsumableResource total(long quantity, Optional<String> token, Instant now) {
    Map<String, Instant> tokens = new HashMap<>();
    clientTokens.entrySet().stream()
        .filter(used -> updatedUnder(used.getKey(), now))
        .sorted(Map.Entry.<String, Instant>comparingByValue().reversed())
        .limit(MOST_TOKENS - 1L)
        .forEach(used -> tokens.put(used.getKey(), used.getValue()));
    token.ifPresent(t -> tokens.put(t, now));
    return new ConsumableResource(
        name, type, quantity, createdAt, version + 1, tags, Map.copyOf(tokens));
  }
}
