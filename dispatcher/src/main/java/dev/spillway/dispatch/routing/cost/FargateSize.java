package dev.spillway.dispatch.routing.cost;

import java.util.Optional;

/**
 * A size that Fargate sells. Source: AWS Fargate task sizes.
 *
 * @param vcpus 0.25 to 16
 * @param memoryMib MiB
 */
public record FargateSize(double vcpus, long memoryMib) {
  /** One row of the table: memory from, to, and in which steps, MiB. */
  private record Row(double vcpus, long least, long most, long step) {}

  private static final long GIB = 1024;

  private static final Row[] SIZES = {
    new Row(0.25, 512, 2 * GIB, 512),
    new Row(0.5, GIB, 4 * GIB, GIB),
    new Row(1, 2 * GIB, 8 * GIB, GIB),
    new Row(2, 4 * GIB, 16 * GIB, GIB),
    new Row(4, 8 * GIB, 30 * GIB, GIB),
    new Row(8, 16 * GIB, 60 * GIB, 4 * GIB),
    new Row(16, 32 * GIB, 120 * GIB, 8 * GIB)
  };

  /** The smallest size that holds this much; empty when none does. */
  public static Optional<FargateSize> holding(double vcpus, long memoryMib) {
    for (Row row : SIZES) {
      if (row.vcpus() >= vcpus && row.most() >= memoryMib) {
        long over = Math.max(0, memoryMib - row.least());
        long steps = (over + row.step() - 1) / row.step();
        long memory = Math.min(row.most(), row.least() + steps * row.step());
        // 0.25 vCPU has 512 MiB, 1 GiB and 2 GiB, nothing between.
        boolean odd = row.vcpus() == 0.25 && memory == 1536;
        return Optional.of(new FargateSize(row.vcpus(), odd ? 2 * GIB : memory));
      }
    }
    return Optional.empty();
  }
}
