package dev.spillway.dispatch.routing;

import java.util.OptionalDouble;

/**
 * What was seen of a queue, or of a host that queues share, and what a job sent now can expect of
 * it.
 *
 * <p>Shape: pure. Places come free evenly: with all of them taken, one comes free in the mean run's
 * time divided by their number, and each job before this one takes as many as it has vCPUs.
 *
 * @param mostVcpus that its jobs can have together
 * @param upVcpus of that, what is up
 * @param usedVcpus that running jobs have, whichever queue they came from
 * @param waitingJobs that are served before a job sent now
 * @param waitingVcpus that these ask for
 * @param endedSeconds runs of jobs that ended lately, in the mean; empty when none was seen
 * @param agesSeconds how long those that run have run so far, in the mean; empty when none runs
 */
public record QueueState(
    double mostVcpus,
    double upVcpus,
    double usedVcpus,
    long waitingJobs,
    double waitingVcpus,
    OptionalDouble endedSeconds,
    OptionalDouble agesSeconds) {
  /** Of a job that nobody has described: most have one. */
  private static final double VCPUS = 1;

  /** What a plan goes by. */
  public Load load() {
    if (mostVcpus <= 0) {
      return new Load(false, 0, waitingJobs);
    }
    double free = Math.max(0, mostVcpus - usedVcpus) - waitingVcpus - VCPUS;
    boolean room = Math.min(upVcpus, mostVcpus) - usedVcpus - waitingVcpus >= VCPUS;
    return new Load(
        room, Math.max(0, -free) * runSeconds() / mostVcpus, waitingJobs, free, mostVcpus);
  }

  /** As those that ended took, but no less than those that run have taken already. */
  private double runSeconds() {
    return Math.max(endedSeconds.orElse(0), agesSeconds.orElse(0));
  }
}
