package dev.spillway.dispatch.task;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.Effect;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.Step;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.routing.Limits;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;
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

  private final TaskStore store;
  private final Learner learner;
  private final EndsOutbox outbox;
  private final Gateways gateways;
  private final Places places;
  private final JobWatch jobs;
  private final FunctionEnds functionEnds;
  private final Packs packs;
  private final HopStarts starts;
  private final OpenHops openHops;
  private final FallbackRules rules;
  private final InstantSource clock;
  private final TaskEnds ends;
  private final Consumer<Message> inbox;
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
    this.jobs =
        new JobWatch(
            store,
            gateways.batch(),
            new JobErrors(gateways.objects(), gateways.bucket()),
            clock,
            new JobHops());
    this.functionEnds =
        new FunctionEnds(
            gateways.functions(),
            places,
            (taskId, event, log, result) -> apply(taskId, event, log, (_, _) -> result));
    this.packs = new Packs(inbox, clock, at -> wakeUps.accept(at));
    this.starts = new HopStarts(store, gateways, places, packs, this::happened);
    this.openHops = new OpenHops(gateways.functions(), jobs, starts, packs, this::happened);
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

  /** Which tasks may share array jobs; none unless it is said. */
  public void packBy(Packing packing) {
    starts.packBy(packing);
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

  private final class JobHops implements JobWatch.Hops {
    @Override
    public void happened(String taskId, JourneyEvent event) {
      TaskRunner.this.happened(taskId, event);
    }

    @Override
    public void jobMoved(String taskId, JourneyEvent event) {
      apply(
          taskId, event, Optional.empty(), (task, hop) -> Optional.of(places.jobResult(task, hop)));
    }

    @Override
    public void notStarted(String hopKey, int status, String errorType, String message) {
      starts.notStarted(hopKey, status, errorType, message);
    }

    @Override
    public void startAgain(Task task, Hop hop) {
      starts.start(task, hop, true);
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
              if (jobs.concerns(event)) {
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

  /** When the next wake-up is due, or the next pack. */
  Optional<Instant> nextDue() {
    return Stream.concat(store.nextDue().stream(), packs.nextDue().stream())
        .min(Instant::compareTo);
  }

  /** Sends on what has waited for company long enough. */
  void closePacks() {
    packs.closeDue();
  }

  /** Puts everything in order that a missed event could have left behind. */
  public void poll() {
    learner.refresh();
    jobs.watched()
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
      case Message.Send(String taskId) ->
          store.find(taskId).ifPresent(task -> openHops.send(task, false));
      case Message.Resume(String taskId) ->
          store.find(taskId).ifPresent(task -> openHops.send(task, true));
      case Message.FunctionStarted(String key) ->
          happened(
              Task.ofHop(key),
              new JourneyEvent.HopMoved(
                  Task.hopNumber(key), JourneyEvent.Phase.RUNNING, Optional.empty()));
      case Message.FunctionEnded(FunctionGateway.End end) -> functionEnds.told(end);
      case Message.JobTold(BatchGateway.Event event) -> {
        if (Packs.concerns(event)) {
          packs.told(event, gateways.batch());
        } else {
          jobs.told(event);
          packs.settled(event);
        }
      }
      case Message.Join(String hopKey, Hop.Pack place) -> starts.join(hopKey, place);
      case Message.SendAlone(String hopKey) -> starts.alone(hopKey);
      case Message.NotPacked(String hopKey) -> starts.notPacked(hopKey);
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
          task.journey().hop(hop).ifPresent(h -> starts.start(task, h, h.waits() > 0));
      case Effect.CancelHop(int hop, String reason) ->
          task.journey().hop(hop).ifPresent(h -> openHops.stop(task, h, reason));
      case Effect.ReleaseDependents _ -> askToTell();
    }
  }

  private void wake(String taskId) {
    Optional<Task> task = store.find(taskId);
    if (task.isPresent() && task.get().journey().state() instanceof TaskState.Pending pending) {
      happened(taskId, new JourneyEvent.DependenciesEnded(ended(pending.waitingFor())));
      // Those that go on tell it when they end.
      happened(taskId, new JourneyEvent.Due());
    }
    if (task.flatMap(Task::array).isPresent()) {
      arrays.wake(taskId);
    } else if (task.isPresent() && !(task.get().journey().state() instanceof TaskState.Pending)) {
      Optional<Hop> queued = task.filter(this::isToBeGivenUp).flatMap(t -> t.journey().openHop());
      if (queued.isPresent()) {
        jobs.lookOnceMore(task.get(), queued.get());
      } else {
        happened(taskId, new JourneyEvent.Due());
      }
    }
  }

  private boolean isToBeGivenUp(Task task) {
    return task.journey().givenUpAt().map(at -> !at.isAfter(clock.instant())).orElse(false);
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

  /** One telling that waits its turn is enough: it tells of all that ended until then. */
  private void askToTell() {
    if (telling.compareAndSet(false, true)) {
      inbox.accept(new Message.Tell());
    }
  }
}
