package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.Effect;
import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.Step;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.routing.Limits;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries tasks along: it takes what happened, asks {@link Fallback} what that means, stores the
 * answer, and only then does what the answer asks for.
 *
 * <p>Every change is a compare-and-set on one task, so any number of threads may call {@link
 * #handle}. Effects are not stored. After a crash {@link #recover} works them out again from the
 * journeys, and hop keys make a second start harmless.
 */
public final class TaskRunner {
  private static final Logger LOG = LoggerFactory.getLogger(TaskRunner.class);
  private static final int DUE_AT_ONCE = 500;
  private static final Duration LAST_LOOK = Duration.ofSeconds(2);

  /** Which hop a job belongs to. */
  private record JobHop(String taskId, int hop) {}

  private final TaskStore store;
  private final Learner learner;
  private final EndsOutbox outbox;
  private final Gateways gateways;
  private final Places places;
  private final JobErrors jobErrors;
  private final Set<String> lastLooks = ConcurrentHashMap.newKeySet();
  private final FallbackRules rules;
  private final InstantSource clock;
  private final TaskEnds ends;
  private final Consumer<Message> inbox;
  private final Map<String, JobHop> jobs = new ConcurrentHashMap<>();
  private final TaskRetention retention;
  private final AtomicBoolean forgetting = new AtomicBoolean();
  private final AtomicBoolean telling = new AtomicBoolean();
  private final ArrayRunner arrays;
  private volatile Consumer<Instant> wakeUps = _ -> {};

  /**
   * Over its parts.
   *
   * @param inbox takes messages whose turn comes later; whoever drains it calls {@link #handle}
   */
  public TaskRunner(
      TaskStore store,
      Gateways gateways,
      Limits limits,
      FallbackRules rules,
      InstantSource clock,
      TaskEnds ends,
      TaskRetention retention,
      Learner learner,
      Consumer<Message> inbox) {
    this.store = store;
    this.learner = learner;
    this.gateways = gateways;
    this.places = new Places(gateways, store, limits);
    this.jobErrors = new JobErrors(gateways.objects(), gateways.bucket());
    this.rules = rules;
    this.clock = clock;
    this.ends = ends;
    this.retention = retention;
    this.inbox = inbox;
    this.arrays = new ArrayRunner(store, gateways.objects(), clock, new Children());
    this.outbox = new EndsOutbox(store, learner, this::happened, arrays);
  }

  /** Who finds places for the children of arrays. */
  void planArraysBy(ArrayPlanner planner) {
    arrays.planBy(planner);
  }

  private final class Children implements ArrayRunner.Children {
    @Override
    public void accepted(List<Task> tasks) {
      TaskRunner.this.accepted(tasks);
    }

    @Override
    public void happened(String childId, JourneyEvent event) {
      TaskRunner.this.happened(childId, event);
    }

    @Override
    public void wakeUp(Instant at) {
      wakeUps.accept(at);
    }

    @Override
    public void ended(String taskId) {
      ends.ended(taskId);
      askToTell();
    }
  }

  /** Listens to the gateways. */
  public void listen() {
    gateways.functions().listenStarts(key -> inbox.accept(new Message.FunctionStarted(key)));
    gateways.functions().listen(end -> inbox.accept(new Message.FunctionEnded(end)));
    gateways
        .batch()
        .listen(
            event -> {
              // The engine tells of every job that it has, a user's own ones too.
              if (!(event instanceof BatchGateway.Event.Changed(String jobId))
                  || jobs.containsKey(jobId)) {
                inbox.accept(new Message.JobTold(event));
              }
            });
  }

  /** Told of every wake-up that is stored, so that the one timer can be set earlier. */
  void onWakeUp(Consumer<Instant> listener) {
    wakeUps = listener;
  }

  /** Takes up what was under way when the last server ended. */
  public void recover() {
    List<String> live = store.live();
    live.forEach(id -> inbox.accept(new Message.Resume(id)));
    askToTell();
    if (!live.isEmpty()) {
      LOG.info("tasks under way at the start: {}", live.size());
    }
  }

  /** Tasks whose wake-up is due. */
  List<String> due() {
    return store.due(clock.instant(), DUE_AT_ONCE);
  }

  /** When the next wake-up is due. */
  Optional<Instant> nextDue() {
    return store.nextDue();
  }

  /** Puts everything in order that a missed event could have left behind. */
  public void poll() {
    learner.refresh();
    lastLooks.retainAll(jobs.keySet());
    jobs.keySet()
        .forEach(id -> inbox.accept(new Message.JobTold(new BatchGateway.Event.Changed(id))));
    askToTell();
    if (forgetting.compareAndSet(false, true)) {
      inbox.accept(new Message.Forget());
    }
  }

  /** New tasks were stored. */
  public void accepted(List<Task> tasks) {
    for (Task task : tasks) {
      task.journey().wakeAt().ifPresent(wakeUps);
      if (task.journey().openHop().isPresent()) {
        inbox.accept(new Message.Send(task.taskId()));
      }
    }
  }

  /** Stops a task; harmless when it has ended. */
  public void cancel(String taskId, String reason) {
    happened(taskId, new JourneyEvent.CancelAsked(reason));
  }

  /** One message. */
  public void handle(Message message) {
    switch (message) {
      case Message.Happened(String taskId, JourneyEvent event) -> happened(taskId, event);
      case Message.Wake(String taskId) -> wake(taskId);
      case Message.Send(String taskId) -> store.find(taskId).ifPresent(task -> send(task, false));
      case Message.Resume(String taskId) -> store.find(taskId).ifPresent(task -> send(task, true));
      case Message.FunctionStarted(String key) ->
          happened(
              taskId(key),
              new JourneyEvent.HopMoved(hop(key), JourneyEvent.Phase.RUNNING, Optional.empty()));
      case Message.FunctionEnded(FunctionGateway.End end) -> functionEnded(end);
      case Message.JobTold(BatchGateway.Event event) -> jobTold(event);
      case Message.Tell() -> {
        telling.set(false);
        // One bite; what is left waits its turn.
        if (outbox.drain()) {
          askToTell();
        }
      }
      case Message.Forget() -> forget();
    }
  }

  /** One bite; what is left waits its turn behind the messages that came meanwhile. */
  private void forget() {
    boolean more = false;
    try {
      more = retention.bite();
    } finally {
      forgetting.set(more);
    }
    if (more) {
      inbox.accept(new Message.Forget());
    }
  }

  private void happened(String taskId, JourneyEvent event) {
    apply(taskId, event, Optional.empty(), (_, _) -> Optional.empty());
  }

  /**
   * Steps one task, stores what came of it, and acts.
   *
   * @param result reads the result; asked only when the step took a success
   */
  private void apply(
      String taskId,
      JourneyEvent event,
      Optional<TaskStore.HopLog> log,
      BiFunction<Task, Integer, Optional<TaskResult>> result) {
    while (true) {
      Optional<Task> found = store.find(taskId);
      if (found.isEmpty()) {
        return;
      }
      Task task = found.get();
      if (task.array().isPresent()) {
        arrays.happened(task, event);
        return;
      }
      Step step = Fallback.step(task.orders(), task.journey(), event, rules, clock.instant());
      if (step.journey().equals(task.journey())) {
        return;
      }
      Optional<TaskResult> taken =
          step.journey().state() instanceof TaskState.Succeeded(_, int hop)
                  && !task.status().terminal()
              ? result.apply(task, hop)
              : Optional.empty();
      Task next = task.moved(FunctionReport.measured(step.journey(), log), taken);
      if (store.replace(next, log)) {
        tellOfMove(task, next);
        step.effects().forEach(effect -> act(next, effect));
        return;
      }
    }
  }

  private void tellOfMove(Task from, Task to) {
    to.journey().wakeAt().ifPresent(wakeUps);
    if (from.status() != to.status()
        || from.journey().hops().size() != to.journey().hops().size()) {
      LOG.info(
          "task={} from={} to={} route={} hop={} cause={}",
          to.taskId(),
          from.status(),
          to.status(),
          to.route().word(),
          to.journey().hops().size(),
          from.journey()
              .openHop()
              .flatMap(h -> to.journey().hop(h.number()))
              .flatMap(Hop::cause)
              .map(dev.spillway.dispatch.fallback.Cause::word)
              .orElse("none"));
    }
    if (to.status().terminal() && !from.status().terminal()) {
      ends.ended(to.taskId());
    }
  }

  private void act(Task task, Effect effect) {
    switch (effect) {
      case Effect.StartHop(int hop) ->
          task.journey().hop(hop).ifPresent(h -> start(task, h, h.waits() > 0));
      case Effect.CancelHop(int hop, String reason) ->
          task.journey().hop(hop).ifPresent(h -> stop(task, h, reason));
      case Effect.ReleaseDependents _ -> askToTell();
    }
  }

  /**
   * Hands a hop over.
   *
   * @param again whether an earlier try, here or in a process that is gone, may have handed it over
   */
  private void start(Task task, Hop hop, boolean again) {
    try {
      if (hop.route().batch()) {
        places.startJob(task, hop, again);
      } else {
        places.startFunction(task, hop);
      }
    } catch (BatchGateway.RefusedException e) {
      notStarted(task, hop, 400, "ClientException", e.getMessage());
    } catch (RefusedException e) {
      notStarted(task, hop, 400, "ClientException", e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn(
          "task={} hop={}: {} could not be reached",
          task.taskId(),
          hop.number(),
          hop.route().word(),
          e);
      notStarted(task, hop, 503, "ServiceUnavailableException", String.valueOf(e.getMessage()));
    }
  }

  private void notStarted(Task task, Hop hop, int status, String errorType, String message) {
    notStarted(task.taskId(), hop.number(), status, errorType, message);
  }

  private void notStarted(String taskId, int hop, int status, String errorType, String message) {
    happened(
        taskId,
        new JourneyEvent.HopFailed(hop, Failure.ofService(status, errorType, message), List.of()));
  }

  private void stop(Task task, Hop hop, String reason) {
    String key = task.hopKey(hop.number());
    if (!hop.route().batch()) {
      gateways.functions().cancel(key);
      return;
    }
    hop.jobId().ifPresent(jobId -> jobs.put(jobId, new JobHop(task.taskId(), hop.number())));
    try {
      gateways.batch().cancel(key, hop.jobId(), reason);
    } catch (RuntimeException e) {
      // The next poll finds the job running and stops it again.
      LOG.warn("task={} hop={} could not be stopped", task.taskId(), hop.number(), e);
    }
  }

  private void wake(String taskId) {
    Optional<Task> task = store.find(taskId);
    if (task.isPresent() && task.get().journey().state() instanceof TaskState.Pending pending) {
      happened(taskId, new JourneyEvent.DependenciesEnded(ended(pending.waitingFor())));
    }
    if (task.flatMap(Task::array).isPresent()) {
      arrays.wake(taskId);
    } else if (task.isPresent() && !(task.get().journey().state() instanceof TaskState.Pending)) {
      Optional<Hop> queued = task.filter(this::isToBeGivenUp).flatMap(t -> t.journey().openHop());
      if (queued.isPresent()) {
        lookOnceMore(task.get(), queued.get());
      } else {
        happened(taskId, new JourneyEvent.Due());
      }
    }
  }

  private boolean isToBeGivenUp(Task task) {
    return task.journey().givenUpAt().map(at -> !at.isAfter(clock.instant())).orElse(false);
  }

  /**
   * A job may have left its queue, or ended, while nobody was told: while the server was down, say.
   */
  private void lookOnceMore(Task task, Hop hop) {
    String jobId = hop.jobId().orElseThrow();
    lastLooks.add(jobId);
    // Without an answer it is asked again then; with one it is given up at once.
    happened(task.taskId(), new JourneyEvent.Postponed(clock.instant().plus(LAST_LOOK)));
    follow(jobId, task, hop);
  }

  private Map<String, Boolean> ended(List<String> taskIds) {
    Map<String, Boolean> ended = new LinkedHashMap<>();
    taskIds.forEach(id -> outcome(id).ifPresent(success -> ended.put(id, success)));
    return ended;
  }

  /** How a task ended. A child that has no record, not yet or not any more, its array knows. */
  private Optional<Boolean> outcome(String taskId) {
    Optional<Task> task = store.find(taskId);
    if (task.isPresent()) {
      return task.map(t -> t.journey().state())
          .filter(TaskState::terminal)
          .map(TaskState.Succeeded.class::isInstance);
    }
    return Task.parentOf(taskId)
        .flatMap(store::find)
        .flatMap(
            parent ->
                parent
                    .array()
                    .flatMap(a -> a.outcome(Task.indexOf(taskId), parent.status().terminal())));
  }

  /**
   * Sends what is open.
   *
   * @param again after a restart, when it may have been sent
   */
  private void send(Task task, boolean again) {
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
        follow(hop.jobId().get(), task, hop);
      } else {
        start(task, hop, again);
      }
    } else if (!gateways.functions().running(task.hopKey(hop.number()))) {
      happened(
          task.taskId(),
          new JourneyEvent.HopMoved(hop.number(), JourneyEvent.Phase.QUEUED, Optional.empty()));
      start(task, hop, again);
    }
  }

  private void follow(String jobId, Task task, Hop hop) {
    jobs.put(jobId, new JobHop(task.taskId(), hop.number()));
    gateways.batch().follow(jobId);
  }

  /** The server may have ended before it could stop what was given up. */
  private void giveUpAgain(Task task, Hop hop) {
    if (!hop.route().batch()) {
      if (!gateways.functions().running(task.hopKey(hop.number()))) {
        happened(task.taskId(), new JourneyEvent.HopGone(hop.number()));
      }
    } else if (hop.jobId().isPresent()) {
      // Seen to live, it is stopped.
      follow(hop.jobId().get(), task, hop);
    } else {
      // Whether it was sent is not known. Found under its key it is stopped.
      places.findJob(task, hop);
    }
  }

  private void functionEnded(FunctionGateway.End end) {
    String taskId = taskId(end.hopKey());
    int hop = hop(end.hopKey());
    Optional<TaskStore.HopLog> log =
        gateways.functions().log(end.hopKey()).map(text -> new TaskStore.HopLog(hop, text));
    switch (end) {
      case FunctionGateway.End.Succeeded(_, byte[] answer) ->
          functionSucceeded(taskId, hop, answer, log);
      case FunctionGateway.End.FunctionFailed(_, String type, String message) ->
          functionFailed(taskId, hop, Failure.ofFunction(type, message), log);
      case FunctionGateway.End.ServiceFailed(_, int status, String type, String message) ->
          functionFailed(taskId, hop, Failure.ofService(status, type, message), log);
    }
  }

  private void functionSucceeded(
      String taskId, int hop, byte[] answer, Optional<TaskStore.HopLog> log) {
    TaskResult result;
    try {
      result = places.functionResult(taskId, hop, answer);
    } catch (RuntimeException e) {
      LOG.warn("task={} hop={}: its result could not be stored", taskId, hop, e);
      functionFailed(
          taskId,
          hop,
          Failure.ofService(
              503, "ServiceUnavailableException", "The result could not be stored in S3."),
          log);
      return;
    }
    apply(
        taskId, new JourneyEvent.HopSucceeded(hop, List.of()), log, (_, _) -> Optional.of(result));
  }

  private void functionFailed(
      String taskId, int hop, Failure failure, Optional<TaskStore.HopLog> log) {
    apply(
        taskId,
        new JourneyEvent.HopFailed(hop, failure, List.of()),
        log,
        (_, _) -> Optional.empty());
  }

  private void jobTold(BatchGateway.Event event) {
    switch (event) {
      case BatchGateway.Event.Sent(String key, String jobId) -> {
        happened(taskId(key), new JourneyEvent.HopSent(hop(key), Optional.of(jobId)));
        jobs.put(jobId, new JobHop(taskId(key), hop(key)));
        // It may have moved before anybody listened for it.
        gateways.batch().follow(jobId);
      }
      case BatchGateway.Event.NotSent(String key, int status, String type, String message) ->
          notStarted(taskId(key), hop(key), status, type, message);
      case BatchGateway.Event.Absent(String key) ->
          happened(taskId(key), new JourneyEvent.HopGone(hop(key)));
      case BatchGateway.Event.Changed(String jobId) -> gateways.batch().follow(jobId);
      case BatchGateway.Event.Seen(BatchGateway.Job job) -> jobSeen(job);
      case BatchGateway.Event.Gone(String jobId) -> jobGone(jobId);
    }
  }

  /** A place forgets ended jobs: what is open is sent anew, what was given up is done with. */
  private void jobGone(String jobId) {
    JobHop key = jobs.remove(jobId);
    if (key == null) {
      return;
    }
    Optional<Task> task = store.find(key.taskId());
    Optional<Hop> hop = task.flatMap(t -> t.journey().hop(key.hop()));
    if (hop.isPresent() && hop.get().status() == Hop.Status.OPEN) {
      start(task.get(), hop.get(), true);
    } else {
      happened(key.taskId(), new JourneyEvent.HopGone(key.hop()));
    }
  }

  private void jobSeen(BatchGateway.Job job) {
    JobHop key = jobs.get(job.jobId());
    if (key == null) {
      return;
    }
    JourneyEvent event =
        JobEnds.event(key.hop(), job, () -> jobErrors.failure(key.taskId(), key.hop(), job));
    apply(
        key.taskId(),
        event,
        Optional.empty(),
        (task, hop) -> Optional.of(places.jobResult(task, hop)));
    if (lastLooks.remove(job.jobId())) {
      happened(key.taskId(), new JourneyEvent.Postponed(clock.instant()));
      happened(key.taskId(), new JourneyEvent.Due());
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
            hop ->
                gateways
                    .batch()
                    .cancel(
                        key.taskId() + "/" + key.hop(),
                        Optional.of(jobId),
                        hop.error().orElse("given up")));
  }

  /** One telling that waits its turn is enough: it tells of all that ended until then. */
  private void askToTell() {
    if (telling.compareAndSet(false, true)) {
      inbox.accept(new Message.Tell());
    }
  }

  private static String taskId(String hopKey) {
    return hopKey.substring(0, hopKey.indexOf('/'));
  }

  private static int hop(String hopKey) {
    return Integer.parseInt(hopKey.substring(hopKey.indexOf('/') + 1));
  }
}
