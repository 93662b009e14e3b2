package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.aws.FunctionGateway.Start;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.QueueState;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The calls of functions: those that wait, in the order they came, and those in flight, as many as
 * may be.
 *
 * <p>Shape: not thread-safe. A function with a reserved concurrency has no more in flight than
 * that; while it has as many, the calls of others pass its own.
 */
final class CallLines {
  /** What the newest call counts in the mean. */
  private static final double NEWEST = 0.1;

  private final Calls all;
  private final Function<String, OptionalInt> reserved;
  private final InstantSource clock;
  private final Map<String, Line> lines = new HashMap<>();
  private final Map<String, Flight> flights = new HashMap<>();
  private long turns;

  /**
   * Nothing waits yet.
   *
   * @param places for the calls of all functions
   * @param reserved concurrency of a function, by its name; 0 is for its service to refuse
   */
  CallLines(int places, Function<String, OptionalInt> reserved, InstantSource clock) {
    this.all = new Calls("functions", places);
    this.reserved = reserved;
    this.clock = clock;
  }

  /**
   * A call that was sent.
   *
   * @param counts false for one that was cancelled: it says nothing about its function
   */
  record Flight(String functionName, Instant sentAt, boolean counts) {}

  private record Waiting(long turn, Start start) {}

  /** Calls that share places. Seconds. */
  private static final class Calls {
    private final Bulkhead places;
    private int running;
    private double sentSum;
    private double mean = Double.NaN;

    Calls(String name, int places) {
      this.places = Bulkhead.of(name, BulkheadConfig.custom().maxConcurrentCalls(places).build());
    }

    boolean room() {
      return places.getMetrics().getAvailableConcurrentCalls() > 0;
    }

    void sent(Instant at) {
      places.acquirePermission();
      running++;
      sentSum += seconds(at);
    }

    void ended(Instant sentAt, Instant at, boolean ran) {
      places.onComplete();
      running--;
      sentSum = running == 0 ? 0 : sentSum - seconds(sentAt);
      if (ran) {
        double took = seconds(at) - seconds(sentAt);
        mean = Double.isNaN(mean) ? took : mean + NEWEST * (took - mean);
      }
    }

    QueueState state(long waiting, Instant now) {
      int most = places.getBulkheadConfig().getMaxConcurrentCalls();
      return new QueueState(
          most,
          most,
          running,
          waiting,
          waiting,
          Double.isNaN(mean) ? OptionalDouble.empty() : OptionalDouble.of(mean),
          running == 0
              ? OptionalDouble.empty()
              : OptionalDouble.of(seconds(now) - sentSum / running));
    }

    private static double seconds(Instant at) {
      return Duration.between(Instant.EPOCH, at).toMillis() / 1000.0;
    }
  }

  /** Of one function. */
  private static final class Line {
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();
    private final Optional<Calls> own;

    Line(Optional<Calls> own) {
      this.own = own;
    }

    boolean room() {
      return own.isEmpty() || own.get().room();
    }

    Waiting first() {
      return waiting.values().iterator().next();
    }
  }

  private Line line(String functionName) {
    return lines.computeIfAbsent(
        functionName,
        name -> {
          OptionalInt most = reserved.apply(name);
          return new Line(
              most.orElse(0) > 0
                  ? Optional.of(new Calls(name, most.getAsInt()))
                  : Optional.empty());
        });
  }

  boolean inFlight(String hopKey) {
    return flights.containsKey(hopKey);
  }

  boolean waits(String hopKey) {
    return lines.values().stream().anyMatch(line -> line.waiting.containsKey(hopKey));
  }

  /** At the end of its line, unless it waits or is in flight. */
  void add(Start start) {
    if (!flights.containsKey(start.hopKey())) {
      line(start.functionName())
          .waiting
          .computeIfAbsent(start.hopKey(), _ -> new Waiting(++turns, start));
    }
  }

  /** Takes the next that has a place; it is in flight from now on. */
  Optional<Start> next() {
    if (!all.room()) {
      return Optional.empty();
    }
    Optional<Line> line =
        lines.values().stream()
            .filter(l -> !l.waiting.isEmpty() && l.room())
            .min(Comparator.comparingLong(l -> l.first().turn()));
    return line.map(
        l -> {
          Start start = l.first().start();
          l.waiting.remove(start.hopKey());
          Instant now = clock.instant();
          all.sent(now);
          l.own.ifPresent(own -> own.sent(now));
          flights.put(start.hopKey(), new Flight(start.functionName(), now, true));
          return start;
        });
  }

  /**
   * Its place is free again.
   *
   * @param ran false when the service did not take it
   * @return empty for an end that came twice
   */
  Optional<Flight> left(String hopKey, boolean ran) {
    Optional<Flight> flight = Optional.ofNullable(flights.remove(hopKey));
    flight.ifPresent(
        f -> {
          Instant now = clock.instant();
          boolean whole = ran && f.counts();
          all.ended(f.sentAt(), now, whole);
          line(f.functionName()).own.ifPresent(own -> own.ended(f.sentAt(), now, whole));
        });
    return flight;
  }

  /** Out of its line; false when it does not wait. */
  boolean withdraw(String hopKey) {
    return lines.values().stream().anyMatch(line -> line.waiting.remove(hopKey) != null);
  }

  /** Its end will say nothing about its function; empty when that is so already. */
  Optional<Flight> disregard(String hopKey) {
    Optional<Flight> flight = Optional.ofNullable(flights.get(hopKey)).filter(Flight::counts);
    flight.ifPresent(f -> flights.put(hopKey, new Flight(f.functionName(), f.sentAt(), false)));
    return flight;
  }

  /** What a call of this function would find. */
  Load load(String functionName) {
    Instant now = clock.instant();
    long before =
        lines.values().stream().filter(Line::room).mapToLong(line -> line.waiting.size()).sum();
    Load among = all.state(before, now).load();
    Line line = lines.get(functionName);
    if (line == null || line.own.isEmpty()) {
      return among;
    }
    return line.own.get().state(line.waiting.size(), now).load().narrower(among);
  }
}
