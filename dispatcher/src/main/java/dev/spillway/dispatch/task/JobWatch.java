package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The jobs that hops are: which hop each job is, what is heard of it, and what that means to the
 * hop. What was given up is stopped whenever it is seen to live.
 *
 * <p>Shape: keeps nothing over a restart; hops name their jobs.
 */
final class JobWatch {
  private static final Duration LAST_LOOK = Duration.ofSeconds(2);

  /** Which hop a job belongs to. */
  private record JobHop(String taskId, int hop) {
    static JobHop of(String hopKey) {
      return new JobHop(Task.ofHop(hopKey), Task.hopNumber(hopKey));
    }

    String key() {
      return taskId + "/" + hop;
    }
  }

  /** What becomes of the hops. */
  interface Hops {
    void happened(String taskId, JourneyEvent event);

    /** A job ended or moved; a success that is taken brings the result that the job left. */
    void jobMoved(String taskId, JourneyEvent event);

    /** The hop is no job, in the words of the place. */
    void notStarted(String hopKey, int status, String errorType, String message);

    /** The hop may be sent again; an earlier try has sent it. */
    void startAgain(Task task, Hop hop);
  }

  private final TaskStore store;
  private final BatchGateway batch;
  private final JobErrors errors;
  private final InstantSource clock;
  private final Hops hops;
  private final Map<String, JobHop> jobs = new ConcurrentHashMap<>();
  private final Set<String> lastLooks = ConcurrentHashMap.newKeySet();

  JobWatch(TaskStore store, BatchGateway batch, JobErrors errors, InstantSource clock, Hops hops) {
    this.store = store;
    this.batch = batch;
    this.errors = errors;
    this.clock = clock;
    this.hops = hops;
  }

  /** The engine tells of every job that it has, a user's own ones too. */
  boolean concerns(BatchGateway.Event event) {
    return !(event instanceof BatchGateway.Event.Changed(String jobId)) || jobs.containsKey(jobId);
  }

  /** The jobs that may still move. */
  Set<String> watched() {
    lastLooks.retainAll(jobs.keySet());
    return Set.copyOf(jobs.keySet());
  }

  void follow(String jobId, Task task, Hop hop) {
    jobs.put(jobId, new JobHop(task.taskId(), hop.number()));
    batch.follow(jobId);
  }

  /** Stops the job of a hop, or takes its start back. */
  void stop(Task task, Hop hop, String reason) {
    hop.jobId().ifPresent(jobId -> jobs.put(jobId, new JobHop(task.taskId(), hop.number())));
    batch.cancel(task.hopKey(hop.number()), hop.jobId(), reason);
  }

  /**
   * A job may have left its queue, or ended, while nobody was told: while the server was down, say.
   */
  void lookOnceMore(Task task, Hop hop) {
    String jobId = hop.jobId().orElseThrow();
    lastLooks.add(jobId);
    // Without an answer it is asked again then; with one it is given up at once.
    hops.happened(task.taskId(), new JourneyEvent.Postponed(clock.instant().plus(LAST_LOOK)));
    follow(jobId, task, hop);
  }

  void told(BatchGateway.Event event) {
    switch (event) {
      case BatchGateway.Event.Sent(String key, String jobId) -> {
        JobHop hop = JobHop.of(key);
        hops.happened(hop.taskId(), new JourneyEvent.HopSent(hop.hop(), Optional.of(jobId)));
        jobs.put(jobId, hop);
        // It may have moved before anybody listened for it.
        batch.follow(jobId);
      }
      case BatchGateway.Event.NotSent(String key, int status, String type, String message) ->
          hops.notStarted(key, status, type, message);
      case BatchGateway.Event.Absent(String key) ->
          hops.happened(Task.ofHop(key), new JourneyEvent.HopGone(Task.hopNumber(key)));
      case BatchGateway.Event.Changed(String jobId) -> batch.follow(jobId);
      case BatchGateway.Event.Seen(BatchGateway.Job job) -> seen(job);
      case BatchGateway.Event.Gone(String jobId) -> gone(jobId);
    }
  }

  /** A place forgets ended jobs: what is open is sent anew, what was given up is done with. */
  private void gone(String jobId) {
    JobHop key = jobs.remove(jobId);
    if (key == null) {
      return;
    }
    Optional<Task> task = store.find(key.taskId());
    Optional<Hop> hop = task.flatMap(t -> t.journey().hop(key.hop()));
    if (hop.isPresent() && hop.get().status() == Hop.Status.OPEN) {
      hops.startAgain(task.get(), hop.get());
    } else {
      hops.happened(key.taskId(), new JourneyEvent.HopGone(key.hop()));
    }
  }

  private void seen(BatchGateway.Job job) {
    JobHop key = jobs.get(job.jobId());
    if (key == null) {
      return;
    }
    JourneyEvent event =
        JobEnds.event(key.hop(), job, () -> errors.failure(key.taskId(), key.hop(), job));
    hops.jobMoved(key.taskId(), event);
    if (lastLooks.remove(job.jobId())) {
      hops.happened(key.taskId(), new JourneyEvent.Postponed(clock.instant()));
      hops.happened(key.taskId(), new JourneyEvent.Due());
    }
    if (!(event instanceof JourneyEvent.HopMoved)) {
      jobs.remove(job.jobId());
    } else {
      stopWhatWasGivenUp(key, job.jobId());
    }
  }

  private void stopWhatWasGivenUp(JobHop key, String jobId) {
    store
        .find(key.taskId())
        .flatMap(task -> task.journey().hop(key.hop()))
        .filter(hop -> hop.status() == Hop.Status.ABANDONED)
        .ifPresent(
            hop -> batch.cancel(key.key(), Optional.of(jobId), hop.error().orElse("given up")));
  }
}
