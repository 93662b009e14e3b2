package dev.spillway.batch.capacity;

import dev.spillway.batch.job.Size;
import java.time.Instant;
import java.util.Optional;

/**
 * A machine of a compute environment.
 *
 * @param id {@code i-} and 17 hexadecimal digits
 * @param type as {@code m6i.large}; {@code host} for a registered one
 * @param upAt when it took its first job, or could have
 * @param endsAt when what still runs on it is lost; of one that is on its way out
 * @param host of an unmanaged environment's
 */
public record Instance(
    String id,
    String computeEnvironment,
    String type,
    Size size,
    Market market,
    Phase phase,
    Instant launchedAt,
    Optional<Instant> upAt,
    Optional<Instant> endsAt,
    Optional<DockerHost> host) {

  /** How it is paid for. */
  public enum Market {
    ON_DEMAND,
    SPOT,
    /** Not at all: it is the user's own. */
    HOST
  }

  /** Where it is in its life. A machine that is gone has no record. */
  public enum Phase {
    LAUNCHING,
    /** Takes jobs. */
    UP,
    /** Spot: it had its interruption notice. */
    RECLAIMED,
    /** An update of its environment makes it go; others take its jobs. */
    REPLACED,
    /** A registered host that does not answer. */
    UNREACHABLE
  }

  public boolean takesJobs() {
    return phase == Phase.UP;
  }

  /** Counts as capacity that is there or will be. */
  public boolean stays() {
    return phase == Phase.LAUNCHING || phase == Phase.UP;
  }

  public Instance up(Instant at) {
    return new Instance(
        id,
        computeEnvironment,
        type,
        size,
        market,
        Phase.UP,
        launchedAt,
        upAt.isPresent() ? upAt : Optional.of(at),
        Optional.empty(),
        host);
  }

  public Instance unreachable() {
    return in(Phase.UNREACHABLE, Optional.empty());
  }

  /** It takes no more jobs, and ends at {@code at} if not before. */
  public Instance leaving(Phase as, Instant at) {
    return in(as, Optional.of(at));
  }

  private Instance in(Phase next, Optional<Instant> ends) {
    return new Instance(
        id, computeEnvironment, type, size, market, next, launchedAt, upAt, ends, host);
  }
}
