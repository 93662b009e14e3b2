package dev.spillway.dispatch.aws;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The calls that a gateway to functions has in flight, whoever listens to them, and their logs.
 *
 * @param <C> one call
 */
abstract class FunctionCalls<C> implements FunctionGateway {
  private final Map<String, C> running = new ConcurrentHashMap<>();
  private final KeptLogs logs = new KeptLogs();
  private volatile Consumer<End> ends = _ -> {};
  private volatile Consumer<String> starts = _ -> {};

  @Override
  public final void listen(Consumer<End> listener) {
    ends = listener;
  }

  @Override
  public final void listenStarts(Consumer<String> startedHopKey) {
    starts = startedHopKey;
  }

  @Override
  public final boolean running(String hopKey) {
    return running.containsKey(hopKey);
  }

  @Override
  public final Optional<String> log(String hopKey) {
    return logs.of(hopKey);
  }

  /** Nothing: services and clients are whoever's made them. */
  @Override
  public final void close() {}

  /** False when the hop is in flight. */
  final boolean enter(String hopKey, C call) {
    return running.putIfAbsent(hopKey, call) == null;
  }

  final Optional<C> call(String hopKey) {
    return Optional.ofNullable(running.get(hopKey));
  }

  final void started(String hopKey) {
    starts.accept(hopKey);
  }

  final void logged(String hopKey, String log) {
    logs.put(hopKey, log);
  }

  /** Who is told of an end may start the same hop again. */
  final void ended(End end) {
    running.remove(end.hopKey());
    ends.accept(end);
  }
}
