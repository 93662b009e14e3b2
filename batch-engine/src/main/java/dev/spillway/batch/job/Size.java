package dev.spillway.batch.job;

/**
 * What a job asks for, or what there is.
 *
 * @param vcpuMillis thousandths of a vCPU
 */
public record Size(long vcpuMillis, long memoryMib, int gpus) {
  public static final Size NONE = new Size(0, 0, 0);

  public boolean holds(Size other) {
    return vcpuMillis >= other.vcpuMillis && memoryMib >= other.memoryMib && gpus >= other.gpus;
  }

  public Size plus(Size other) {
    return new Size(vcpuMillis + other.vcpuMillis, memoryMib + other.memoryMib, gpus + other.gpus);
  }

  public Size minus(Size other) {
    return new Size(vcpuMillis - other.vcpuMillis, memoryMib - other.memoryMib, gpus - other.gpus);
  }

  /** How many of that size it holds at once. */
  public long times(Size part) {
    return Math.min(
        times(vcpuMillis, part.vcpuMillis),
        Math.min(times(memoryMib, part.memoryMib), times(gpus, part.gpus)));
  }

  private static long times(long whole, long part) {
    return part == 0 ? Long.MAX_VALUE : Math.max(0, whole) / part;
  }
}
