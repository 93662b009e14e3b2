package dev.spillway.batch.execution.scripted;

import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.Executor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Plays a {@link Script} for each attempt. Nothing happens by itself: {@link #play} tells what is
 * due by the clock. What it plays outlives the engine, as containers do: a new engine that listens
 * and recovers finds it.
 */
public final class ScriptedExecutor implements Executor {
  private final InstantSource clock;
  private final Function<Attempt, Script> scripts;
  private final Map<String, Playing> playing = new TreeMap<>();
  private final List<Attempt> starts = new ArrayList<>();
  private Consumer<ExecutionEvent> listener = _ -> {};

  public ScriptedExecutor(InstantSource clock, Function<Attempt, Script> scripts) {
    this.clock = clock;
    this.scripts = scripts;
  }

  private static final class Playing {
    final AttemptId attempt;
    final Instant upAt;
    Optional<ExecutionEvent> end;
    boolean upTold;
    boolean endTold;

    Playing(AttemptId attempt, Instant upAt, Optional<ExecutionEvent> end) {
      this.attempt = attempt;
      this.upAt = upAt;
      this.end = end;
    }

    boolean neverUp() {
      return end.isPresent() && end.get() instanceof ExecutionEvent.StartFailed;
    }
  }

  @Override
  public String kind() {
    return "scripted";
  }

  @Override
  public synchronized void listen(Consumer<ExecutionEvent> newListener) {
    listener = newListener;
  }

  @Override
  public synchronized Set<AttemptId> recover(Set<AttemptId> starting, Set<AttemptId> running) {
    Set<AttemptId> known = new HashSet<>(starting);
    known.addAll(running);
    playing.values().removeIf(p -> !known.contains(p.attempt));
    for (Playing p : playing.values()) {
      p.upTold = running.contains(p.attempt);
      p.endTold = false;
    }
    for (AttemptId attempt : running) {
      if (!playing.containsKey(attempt.toString())) {
        listener.accept(new ExecutionEvent.Lost(attempt, clock.instant()));
      }
    }
    Set<AttemptId> noTrace = new HashSet<>(starting);
    noTrace.removeIf(attempt -> playing.containsKey(attempt.toString()));
    return noTrace;
  }

  @Override
  public synchronized void start(Attempt attempt) {
    if (playing.containsKey(attempt.id().toString())) {
      return;
    }
    starts.add(attempt);
    Instant now = clock.instant();
    AttemptId id = attempt.id();
    Playing p =
        switch (scripts.apply(attempt)) {
          case Script.Exits(Duration delay, Duration runs, int code, String reason) ->
              new Playing(
                  id,
                  now.plus(delay),
                  Optional.of(
                      new ExecutionEvent.Exited(
                          id,
                          OptionalInt.of(code),
                          Optional.ofNullable(reason),
                          now.plus(delay).plus(runs))));
          case Script.Hangs(Duration delay) -> new Playing(id, now.plus(delay), Optional.empty());
          case Script.FailsToStart(Duration delay, String reason) ->
              new Playing(
                  id,
                  now.plus(delay),
                  Optional.of(new ExecutionEvent.StartFailed(id, reason, now.plus(delay))));
          case Script.Vanishes(Duration delay, Duration runs) ->
              new Playing(
                  id,
                  now.plus(delay),
                  Optional.of(new ExecutionEvent.Lost(id, now.plus(delay).plus(runs))));
        };
    playing.put(id.toString(), p);
  }

  /** A stopped attempt ends by SIGKILL when its grace is over, unless it ends before. */
  @Override
  public synchronized void stop(AttemptId attempt, Duration grace) {
    Playing p = playing.get(attempt.toString());
    Instant killed = clock.instant().plus(grace);
    if (p != null && p.end.map(end -> end.at().isAfter(killed)).orElse(true)) {
      p.end =
          Optional.of(
              new ExecutionEvent.Exited(attempt, OptionalInt.of(137), Optional.empty(), killed));
    }
  }

  @Override
  public synchronized void forget(AttemptId attempt) {
    playing.remove(attempt.toString());
  }

  /** Tells what is due by now, in the order it happened. */
  public synchronized void play() {
    Instant now = clock.instant();
    List<ExecutionEvent> due = new ArrayList<>();
    for (Playing p : playing.values()) {
      if (!p.upTold && !p.neverUp() && !p.upAt.isAfter(now)) {
        p.upTold = true;
        due.add(new ExecutionEvent.Started(p.attempt, "scripted-" + p.attempt, p.upAt));
      }
      if (!p.endTold && p.end.isPresent() && !p.end.get().at().isAfter(now)) {
        p.endTold = true;
        due.add(p.end.get());
      }
    }
    due.sort(Comparator.comparing(ExecutionEvent::at)); // stable: up before end
    due.forEach(listener);
  }

  /** When {@link #play} has something to tell next. */
  public synchronized Optional<Instant> nextDue() {
    Instant next = null;
    for (Playing p : playing.values()) {
      if (!p.upTold && !p.neverUp()) {
        next = earlier(next, p.upAt);
      } else if (!p.endTold && p.end.isPresent()) {
        next = earlier(next, p.end.get().at());
      }
    }
    return Optional.ofNullable(next);
  }

  private static Instant earlier(Instant a, Instant b) {
    return a == null || b.isBefore(a) ? b : a;
  }

  /** The machine went down: nothing of what was played is left. */
  public synchronized void loseEverything() {
    playing.clear();
  }

  /** Attempts that are up, or coming up, and have not ended. */
  public synchronized List<AttemptId> playing() {
    Instant now = clock.instant();
    return playing.values().stream()
        .filter(p -> p.end.isEmpty() || p.end.get().at().isAfter(now))
        .map(p -> p.attempt)
        .toList();
  }

  /** True when it was started and is not forgotten. */
  public synchronized boolean knows(AttemptId attempt) {
    return playing.containsKey(attempt.toString());
  }

  /** True when it is known and ends, or has ended, by {@code latest}. */
  public synchronized boolean endsBy(AttemptId attempt, Instant latest) {
    Playing p = playing.get(attempt.toString());
    return p != null && p.end.map(end -> !end.at().isAfter(latest)).orElse(false);
  }

  /** Every start that was carried out, in order. */
  public synchronized List<Attempt> starts() {
    return List.copyOf(starts);
  }

  @Override
  public void close() {}
}
