package dev.spillway.batch.replay;

import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Effect;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.EngineLimits;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The engine's step over hours of pretend time, in the order of events: what is started runs for as
 * long as is said, instances come up after a while. Nothing is written, so a day takes seconds.
 *
 * <p>Shape: the same commands at the same times give the same events. Not safe for threads. <br>
 * Units: milliseconds, as the engine; what is finer is cut off. <br>
 * Errors: a command that the engine refuses is a mistake of the replay, and thrown.
 */
public final class VirtualEngine {
  private final Engine engine;
  private final Times times;
  private final BiFunction<Instance, Instant, CapacityEvent> provider;
  private final PriorityQueue<Due> dues =
      new PriorityQueue<>(Comparator.comparing(Due::at).thenComparingLong(Due::number));
  private final Map<AttemptId, Long> running = new HashMap<>();
  private final Map<String, Instance> instances = new TreeMap<>();
  private final List<Charge> charges = new ArrayList<>();
  private final List<Consumer<Event>> watchers = new ArrayList<>();
  private Instant now;
  private long number;
  private int steps;

  /**
   * How long things take.
   *
   * @param start from a job's placement until its container is up
   * @param runs from then until it ends by itself, with exit code 0
   */
  public record Times(Function<Job, Duration> start, Function<Job, Duration> runs) {
    /** Containers that are up at once. */
    public static Times running(Function<Job, Duration> runs) {
      return new Times(_ -> Duration.ZERO, runs);
    }
  }

  /** Something that will be told to the engine; one of an attempt that was stopped is void. */
  private record Due(Instant at, long number, Optional<AttemptId> attempt, Command command) {}

  /** An engine without jobs, environments and queues; its instances are told of by the provider. */
  public VirtualEngine(
      EngineLimits limits,
      Instant start,
      Times times,
      BiFunction<Instance, Instant, CapacityEvent> provider) {
    this.engine = new Engine(limits, Loaded.NOTHING);
    this.now = start;
    this.times = times;
    this.provider = provider;
  }

  /** A provider whose instances come up after that time. */
  public static BiFunction<Instance, Instant, CapacityEvent> upAfter(Duration delay) {
    return (instance, now) -> new CapacityEvent.Up(instance.id(), now.plus(delay));
  }

  /** How far it has come. */
  public Instant now() {
    return now;
  }

  /** The engine itself. */
  public Engine engine() {
    return engine;
  }

  /** Steps so far. */
  public int steps() {
    return steps;
  }

  /** Those that are there, by id. */
  public Map<String, Instance> instances() {
    return instances;
  }

  /** What was paid for so far. */
  public List<Charge> charges() {
    return charges;
  }

  /** Told every event as it happens. */
  public void watch(Consumer<Event> watcher) {
    watchers.add(watcher);
  }

  /** Tells the engine that at that time. */
  public void at(Instant time, Command command) {
    dues.add(new Due(time, number++, Optional.empty(), command));
  }

  /** Submits at that time a job of which nothing but itself is known. */
  public void submitAt(Instant time, JobSpec spec) {
    at(time, submit(spec));
  }

  static Command submit(JobSpec spec) {
    return new Command.SubmitJob(spec, new JobDetail("{}", "{}"), Map.of(), 0);
  }

  /** Tells the engine now. */
  public List<Outcome> tell(Command... commands) {
    return step(List.of(commands)).outcomes();
  }

  private Step step(List<Command> commands) {
    steps++;
    Step step = engine.handle(commands, now);
    for (Outcome outcome : step.outcomes()) {
      if (outcome instanceof Outcome.Refused(String message)) {
        throw new IllegalStateException(message);
      }
    }
    for (Event event : step.events()) {
      switch (event) {
        case Event.InstancePut(Instance i) -> instances.put(i.id(), i);
        case Event.InstanceRemoved(Instance i) -> instances.remove(i.id());
        case Event.Charged(Charge charge) -> charges.add(charge);
        default -> {}
      }
      watchers.forEach(w -> w.accept(event));
    }
    step.effects().forEach(this::act);
    return step;
  }

  private void act(Effect effect) {
    switch (effect) {
      case Effect.Start(Job job) -> {
        AttemptId attempt = new AttemptId(job.id(), job.attempt());
        Instant up = now.plus(times.start().apply(job));
        due(attempt, up, new ExecutionEvent.Started(attempt, "virtual", up));
        end(attempt, up.plus(times.runs().apply(job)), 0);
      }
      case Effect.Stop(AttemptId attempt, Optional<Duration> grace) -> {
        if (running.containsKey(attempt)) {
          end(attempt, now.plus(grace.orElse(Duration.ofSeconds(30)).dividedBy(2)), 143);
        }
      }
      case Effect.Forget(AttemptId attempt) -> running.remove(attempt);
      case Effect.Launch(Instance i) -> {
        CapacityEvent event = provider.apply(i, now);
        at(event.at(), new Command.InstanceSeen(event));
      }
      case Effect.Terminate _, Effect.StartOn _ -> {}
    }
  }

  private void end(AttemptId attempt, Instant at, int exitCode) {
    running.put(attempt, number);
    due(
        attempt,
        at,
        new ExecutionEvent.Exited(attempt, OptionalInt.of(exitCode), Optional.empty(), at));
  }

  private void due(AttemptId attempt, Instant at, ExecutionEvent event) {
    dues.add(new Due(at, number++, Optional.of(attempt), new Command.AttemptSeen(event)));
  }

  /** When something is due next; the engine always has something to look after. */
  public Instant next() {
    Instant own = engine.nextDeadline();
    Due first = dues.peek();
    return first != null && !first.at().isAfter(own) ? first.at() : own;
  }

  /** Goes on until then. */
  public void run(Instant until) {
    while (true) {
      Instant next = next();
      if (next.isAfter(until)) {
        now = until;
        return;
      }
      now = next.isAfter(now) ? next : now;
      List<Command> batch = new ArrayList<>();
      while (!dues.isEmpty() && !dues.peek().at().isAfter(now)) {
        Due due = dues.poll();
        if (current(due)) {
          batch.add(due.command());
        }
      }
      step(batch);
    }
  }

  /** The end that was planned first is void when the attempt was stopped after. */
  private boolean current(Due due) {
    if (due.attempt().isEmpty()
        || !(due.command() instanceof Command.AttemptSeen(ExecutionEvent.Exited _))) {
      return true;
    }
    Long planned = running.get(due.attempt().get());
    return planned != null && planned == due.number();
  }
}
