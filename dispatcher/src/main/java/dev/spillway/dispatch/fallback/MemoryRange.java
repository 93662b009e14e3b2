package dev.spillway.dispatch.fallback;

/**
 * The memory that a route gives to whoever asks. MiB.
 *
 * <p>Source: AWS Fargate, task CPU and memory.
 *
 * @param mostMib no more is given
 * @param stepMib only multiples of it are given
 */
public record MemoryRange(long mostMib, long stepMib) {

  /** Where nothing is known that limits it. */
  public static final MemoryRange ANY = new MemoryRange(Long.MAX_VALUE, 1);

  /** What goes with these vCPUs on Fargate. */
  public static MemoryRange fargate(double vcpus) {
    if (vcpus <= 0.25) {
      return new MemoryRange(2_048, 512);
    }
    if (vcpus <= 4) {
      long most = vcpus <= 0.5 ? 4_096 : vcpus <= 1 ? 8_192 : vcpus <= 2 ? 16_384 : 30_720;
      return new MemoryRange(most, 1_024);
    }
    return vcpus <= 8 ? new MemoryRange(61_440, 4_096) : new MemoryRange(122_880, 8_192);
  }

  /** The least size that is given and is no less than this, or the most there is. */
  long give(long mib) {
    return mib >= mostMib ? mostMib : Math.ceilDiv(mib, stepMib) * stepMib;
  }
}
