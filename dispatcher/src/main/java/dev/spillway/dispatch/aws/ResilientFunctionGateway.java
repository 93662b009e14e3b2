package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.routing.Load;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Around either adapter: a bounded number of calls in flight, the others wait in order, and a
 * function whose service breaks is left alone for a while.
 *
 * <p>Shape: thread-safe; waiting costs no thread. A start whose turn comes while the circuit of its
 * function is open ends in {@code ServiceFailed(503, CircuitOpenException)}. A call that was
 * cancelled keeps its place until it has ended, for it takes up concurrency as long.
 */
public final class ResilientFunctionGateway implements FunctionGateway {

  private final FunctionGateway inner;
  private final Circuits circuits;
  private final Object lock = new Object();
  private final CallLines lines;
  private volatile Consumer<End> ends = _ -> {};
  private volatile boolean closed;

  /**
   * How many calls may be in flight.
   *
   * @param concurrency of all functions together
   * @param reserved of one function, by its name
   */
  public record Concurrency(int concurrency, Function<String, OptionalInt> reserved) {}

  /** Around an adapter. */
  public ResilientFunctionGateway(
      FunctionGateway inner, Concurrency most, Circuits circuits, InstantSource clock) {
    this.inner = inner;
    this.circuits = circuits;
    this.lines = new CallLines(most.concurrency(), most.reserved(), clock);
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
      lines.add(start);
    }
    fill();
  }

  /** Sends what waits while there is room. */
  private void fill() {
    while (!closed) {
      Optional<Start> next;
      synchronized (lock) {
        next = lines.next();
      }
      if (next.isEmpty()) {
        return;
      }
      Start start = next.get();
      Optional<String> refusal = circuits.refusal(start.functionName());
      if (refusal.isPresent()) {
        leave(start.hopKey(), false);
        ends.accept(new End.ServiceFailed(start.hopKey(), 503, Circuits.OPEN, refusal.get()));
      } else {
        send(start);
      }
    }
  }

  private void send(Start start) {
    try {
      inner.start(start.carrying(start.payload().read()));
    } catch (NoPayloadException e) {
      leave(start.hopKey(), false);
      circuits.unknown(start.functionName());
      ends.accept(e.end(start.hopKey()));
    } catch (RuntimeException e) {
      leave(start.hopKey(), false);
      circuits.failed(start.functionName());
      ends.accept(
          new End.ServiceFailed(
              start.hopKey(), 503, "ServiceUnavailableException", String.valueOf(e.getMessage())));
    }
  }

  private Optional<CallLines.Flight> leave(String hopKey, boolean ran) {
    synchronized (lock) {
      return lines.left(hopKey, ran);
    }
  }

  private void ended(End end) {
    leave(end.hopKey(), !(end instanceof End.ServiceFailed))
        .filter(CallLines.Flight::counts)
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
  public boolean cancel(String hopKey) {
    synchronized (lock) {
      if (lines.withdraw(hopKey)) {
        return true;
      }
      lines.disregard(hopKey).ifPresent(flight -> circuits.unknown(flight.functionName()));
    }
    return inner.cancel(hopKey);
  }

  @Override
  public boolean running(String hopKey) {
    synchronized (lock) {
      return lines.inFlight(hopKey) || lines.waits(hopKey);
    }
  }

  @Override
  public Load load(String functionName) {
    synchronized (lock) {
      return lines.load(functionName);
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
