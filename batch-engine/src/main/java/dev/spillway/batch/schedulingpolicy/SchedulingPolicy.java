package dev.spillway.batch.schedulingpolicy;

/**
 * How a queue shares its capacity.
 *
 * @param version rises by one with each change; an update names the version it was made from
 * @param detail {@code fairsharePolicy} and {@code tags}, as JSON text
 */
public record SchedulingPolicy(String name, long version, String detail) {

  public SchedulingPolicy detailed(String newDetail) {
    return new SchedulingPolicy(name, version + 1, newDetail);
  }
}
