package dev.spillway.batch.scheduling;

import java.time.Duration;
import java.time.Instant;

/**
 * What a share has used of late, and what it uses now.
 *
 * <p>Use fades: of what was used one half-life ago a half counts. Told as vCPUs on the average: a
 * share that has used the same for long reads as what it uses. <br>
 * Source: user guide, fair-share scheduling: usage over time, recent use weighs more.
 *
 * @param recentVcpus that average, as it was at {@code at}
 * @param vcpuMillis what its jobs hold now
 */
public record ShareUse(double recentVcpus, long vcpuMillis, Instant at) {

  public static ShareUse none(Instant at) {
    return new ShareUse(0, 0, at);
  }

  /** A job that holds that much began at {@code from}, or ended, when it is negative. */
  public ShareUse plus(long millis, Instant from, Duration halfLife) {
    if (from.isBefore(at)) { // told late: what it has been since then counts
      double missed = millis / 1000.0 * (1 - remaining(from, at, halfLife));
      return new ShareUse(Math.max(0, recentVcpus + missed), vcpuMillis + millis, at);
    }
    return new ShareUse(recent(from, halfLife), vcpuMillis + millis, from);
  }

  /** vCPUs on the average, as of {@code now}. */
  public double recent(Instant now, Duration halfLife) {
    if (!now.isAfter(at)) {
      return recentVcpus;
    }
    double remaining = remaining(at, now, halfLife);
    return recentVcpus * remaining + vcpuMillis / 1000.0 * (1 - remaining);
  }

  private static double remaining(Instant from, Instant to, Duration halfLife) {
    return Math.pow(0.5, (double) Duration.between(from, to).toMillis() / halfLife.toMillis());
  }
}
