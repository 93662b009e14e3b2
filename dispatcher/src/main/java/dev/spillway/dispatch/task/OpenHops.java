package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hops that may be in a place: sends those that are open, and stops those that were given up, also
 * after a restart, when it is not known how far the last server came.
 */
final class OpenHops {
  private static final Logger LOG = LoggerFactory.getLogger(OpenHops.class);

  private final FunctionGateway functions;
  private final JobWatch jobs;
  private final HopStarts starts;
  private final Packs packs;
  private final BiConsumer<String, JourneyEvent> happened;

  OpenHops(
      FunctionGateway functions,
      JobWatch jobs,
      HopStarts starts,
      Packs packs,
      BiConsumer<String, JourneyEvent> happened) {
    this.functions = functions;
    this.jobs = jobs;
    this.starts = starts;
    this.packs = packs;
    this.happened = happened;
  }

  /**
   * Sends what is open.
   *
   * @param again after a restart, when it may have been sent
   */
  void send(Task task, boolean again) {
    for (Hop hop : task.journey().hops()) {
      if (hop.status() == Hop.Status.OPEN) {
        resume(task, hop, again);
      } else if (hop.live()) {
        giveUpAgain(task, hop);
      }
    }
  }

  private void resume(Task task, Hop hop, boolean again) {
    if (task.journey().waitsToBeSent()) {
      return;
    }
    if (hop.route().batch()) {
      if (hop.jobId().isPresent()) {
        jobs.follow(hop.jobId().get(), task, hop);
      } else {
        starts.start(task, hop, again);
      }
    } else if (!functions.running(task.hopKey(hop.number()))) {
      happened.accept(
          task.taskId(),
          new JourneyEvent.HopMoved(hop.number(), JourneyEvent.Phase.QUEUED, Optional.empty()));
      starts.start(task, hop, again);
    }
  }

  /** The server may have ended before it could stop what was given up. */
  private void giveUpAgain(Task task, Hop hop) {
    if (!hop.route().batch()) {
      if (!functions.running(task.hopKey(hop.number()))) {
        gone(task, hop);
      }
    } else if (hop.jobId().isPresent()) {
      // Seen to live, it is stopped.
      jobs.follow(hop.jobId().get(), task, hop);
    } else {
      starts.findGivenUp(task, hop);
    }
  }

  /** Stops one that was given up, wherever it is. */
  void stop(Task task, Hop hop, String reason) {
    String key = task.hopKey(hop.number());
    if (!hop.route().batch()) {
      if (functions.cancel(key)) {
        gone(task, hop);
      }
    } else if (packs.leave(key)) {
      gone(task, hop);
    } else {
      stopJob(task, hop, reason);
    }
  }

  private void stopJob(Task task, Hop hop, String reason) {
    try {
      jobs.stop(task, hop, reason);
    } catch (RuntimeException e) {
      // The next poll finds the job running and stops it again.
      LOG.warn("task={} hop={} could not be stopped", task.taskId(), hop.number(), e);
    }
  }

  private void gone(Task task, Hop hop) {
    happened.accept(task.taskId(), new JourneyEvent.HopGone(hop.number()));
  }
}
