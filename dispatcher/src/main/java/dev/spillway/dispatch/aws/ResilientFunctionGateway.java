package dev.spillway.dispatch.aws;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Around either adapter: a bounded number of calls in flight, the others wait in order, and a
 * function whose service breaks is left alone for a while.
 *
 * <p>Shape: thread-safe; waiting costs no thread. A start whose turn comes while the circuit of its
 * function is open ends in {@code ServiceFailed(503, CircuitOpenException)}. A call that was
 * cancelled keeps its place until it has ended, for it takes up concurrency as long.
 */
public final class ResilientFunctionGateway implements FunctionGateway {

  /** A call in flight; one that was cancelled says nothing about its function. */
  private record Flight(String functionName, boolean counts) {}

  private final FunctionGateway inner;
  private final Circuits circuits;
  private final Bulkhead bulkhead;
  private final Object lock = new Object();
  private final Map<String, Start> waiting = new LinkedHashMap<>();
  private final Map<String, Flight> flights = new LinkedHashMap<>();
  private volatile Consumer<End> ends = _ -> {};
  private volatile boolean closed;

  /**
   * Around an adapter.
   *
   * @param concurrency most calls at once
   */
  public ResilientFunctionGateway(FunctionGateway inner, int concurrency, Circuits circuits) {
    this.inner = inner;
    this.circuits = circuits;
    this.bulkhead =
        Bulkhead.of("functions", BulkheadConfig.custom().maxConcurrentCalls(concurrency).build());
  }

  @Override
  public void listen(Consumer<End> listener) {
    ends = listener;
    inner.listen(this::ended);
  }

  @Override
  public void listenStarts(Consumer<String> startedHopKey) {
    inner.listenStarts(startedHopKey);
  }

  @Override
  public void start(Start start) {
    synchronized (lock) {
      if (flights.containsKey(start.hopKey())) {
        return;
      }
      waiting.putIfAbsent(start.hopKey(), start);
    }
    fill();
  }

  /** Sends what waits while there is room. */
  private void fill() {
    while (!closed) {
      Start next;
      synchronized (lock) {
        if (waiting.isEmpty() || !bulkhead.tryAcquirePermission()) {
          return;
        }
        next = waiting.remove(waiting.keySet().iterator().next());
        flights.put(next.hopKey(), new Flight(next.functionName(), true));
      }
      Optional<String> refusal = circuits.refusal(next.functionName());
      if (refusal.isPresent()) {
        leave(next.hopKey());
        ends.accept(new End.ServiceFailed(next.hopKey(), 503, Circuits.OPEN, refusal.get()));
      } else {
        send(next);
      }
    }
  }

  private void send(Start start) {
    try {
      inner.start(start);
    } catch (RuntimeException e) {
      leave(start.hopKey());
      circuits.failed(start.functionName());
      ends.accept(
          new End.ServiceFailed(
              start.hopKey(), 503, "ServiceUnavailableException", String.valueOf(e.getMessage())));
    }
  }

  /** Empty for an end that came twice. */
  private Optional<Flight> leave(String hopKey) {
    synchronized (lock) {
      Optional<Flight> flight = Optional.ofNullable(flights.remove(hopKey));
      flight.ifPresent(_ -> bulkhead.onComplete());
      return flight;
    }
  }

  private void ended(End end) {
    leave(end.hopKey())
        .filter(Flight::counts)
        .ifPresent(
            flight -> {
              switch (end) {
                case End.Succeeded _, End.FunctionFailed _ ->
                    circuits.succeeded(flight.functionName());
                case End.ServiceFailed(_, int status, _, _) ->
                    circuits.refused(flight.functionName(), status);
              }
            });
    ends.accept(end);
    fill();
  }

  @Override
  public void cancel(String hopKey) {
    synchronized (lock) {
      if (waiting.remove(hopKey) != null) {
        return;
      }
      Flight flight = flights.get(hopKey);
      if (flight != null && flight.counts()) {
        flights.put(hopKey, new Flight(flight.functionName(), false));
        circuits.unknown(flight.functionName());
      }
    }
    inner.cancel(hopKey);
  }

  @Override
  public boolean running(String hopKey) {
    synchronized (lock) {
      return waiting.containsKey(hopKey) || flights.containsKey(hopKey);
    }
  }

  @Override
  public Optional<String> log(String hopKey) {
    return inner.log(hopKey);
  }

  @Override
  public void close() {
    closed = true;
    inner.close();
  }
}
