package dev.spillway.batch.capacity;

import dev.spillway.batch.job.Size;

/**
 * An EC2 instance type.
 *
 * @param name as {@code m6i.large}
 * @param architecture {@code X86_64} or {@code ARM64}
 * @param onDemandNanos list price of an hour, billionths of a dollar
 * @param spotSaving percent that Spot is cheaper, on the average
 * @param interruption share of Spot instances that are reclaimed in a month
 */
public record InstanceType(
    String name,
    Size size,
    String architecture,
    long onDemandNanos,
    int spotSaving,
    double interruption) {

  /** As {@code m6i}. */
  public String family() {
    return name.substring(0, name.indexOf('.'));
  }
}
