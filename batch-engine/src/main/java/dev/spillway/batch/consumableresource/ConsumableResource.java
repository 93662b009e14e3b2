package dev.spillway.batch.consumableresource;

import java.time.Instant;

/**
 * Something that jobs hold while they run, or use up: licences, tokens.
 *
 * @param totalQuantity what there is; falls as jobs use up a resource that does not come back
 * @param version rises by one with each change; an update names the version it was made from
 * @param tags as a JSON object
 */
public record ConsumableResource(
    String name, Type type, long totalQuantity, Instant createdAt, long version, String tags) {

  /** Source: API CreateConsumableResource, resourceType. */
  public enum Type {
    REPLENISHABLE,
    NON_REPLENISHABLE
  }

  public ConsumableResource total(long quantity) {
    return new ConsumableResource(name, type, quantity, createdAt, version + 1, tags);
  }

  public ConsumableResource tagged(String newTags) {
    return new ConsumableResource(name, type, totalQuantity, createdAt, version + 1, newTags);
  }
}
