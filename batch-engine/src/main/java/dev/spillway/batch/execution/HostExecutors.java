package dev.spillway.batch.execution;

import dev.spillway.batch.capacity.Instance;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts on this host, and those of registered hosts on these. A host that is away at the
 * start keeps what runs on it; it is asked when it comes back.
 */
public final class HostExecutors implements Executor {
  private static final Logger LOG = LoggerFactory.getLogger(HostExecutors.class);

  private final Executor own;
  private final HostEngines engines;
  private final InstantSource clock;
  private final Map<String, Executor> byHost = new ConcurrentHashMap<>();
  private final Map<AttemptId, Instance> where = new ConcurrentHashMap<>();
  private final Map<String, Away> away = new ConcurrentHashMap<>();
  private volatile Consumer<ExecutionEvent> listener = _ -> {};

  /** What a host has to be asked about when it answers again. */
  private record Away(Set<AttemptId> starting, Set<AttemptId> running) {}

  public HostExecutors(Executor own, HostEngines engines, InstantSource clock) {
    this.own = own;
    this.engines = engines;
    this.clock = clock;
  }

  @Override
  public String kind() {
    return own.kind();
  }

  @Override
  public void listen(Consumer<ExecutionEvent> events) {
    listener = events;
    own.listen(events);
  }

  @Override
  public void onHosts(Map<AttemptId, Instance> attempts) {
    where.putAll(attempts);
  }

  @Override
  public Set<AttemptId> recover(Set<AttemptId> starting, Set<AttemptId> running) {
    Set<AttemptId> noTrace = new HashSet<>(own.recover(here(starting), here(running)));
    Map<String, Instance> hosts = new HashMap<>();
    where.values().forEach(host -> hosts.put(host.id(), host));
    for (Instance host : hosts.values()) {
      Away its = new Away(on(host, starting), on(host, running));
      try {
        noTrace.addAll(executor(host).recover(its.starting(), its.running()));
      } catch (RuntimeException e) {
        LOG.warn("host={} does not answer; its attempts are looked for when it does", host.id());
        away.put(host.id(), its);
      }
    }
    return noTrace;
  }

  private Set<AttemptId> here(Set<AttemptId> attempts) {
    Set<AttemptId> here = new HashSet<>(attempts);
    here.removeAll(where.keySet());
    return here;
  }

  private Set<AttemptId> on(Instance host, Set<AttemptId> attempts) {
    Set<AttemptId> on = new HashSet<>(attempts);
    on.removeIf(a -> !where.containsKey(a) || !where.get(a).id().equals(host.id()));
    return on;
  }

  /** A host answers, for the first time or again. */
  public void back(Instance host) {
    Away its = away.remove(host.id());
    if (its == null) {
      return;
    }
    try {
      for (AttemptId attempt : executor(host).recover(its.starting(), its.running())) {
        listener.accept(
            new ExecutionEvent.StartFailed(
                attempt,
                "CannotStartContainerError: host %s was away when it should have started"
                    .formatted(host.id()),
                clock.instant()));
      }
    } catch (RuntimeException e) {
      away.put(host.id(), its);
    }
  }

  private Executor executor(Instance host) {
    return byHost.computeIfAbsent(
        host.id(),
        _ -> {
          Executor executor = engines.connect(host);
          executor.listen(event -> listener.accept(event));
          return executor;
        });
  }

  @Override
  public void start(Attempt attempt) {
    own.start(attempt);
  }

  @Override
  public void start(Attempt attempt, Instance host) {
    where.put(attempt.id(), host);
    try {
      executor(host).start(attempt);
    } catch (IllegalStateException e) {
      listener.accept(
          new ExecutionEvent.StartFailed(
              attempt.id(), "CannotStartContainerError: " + e.getMessage(), clock.instant()));
    }
  }

  @Override
  public void stop(AttemptId attempt, Duration grace) {
    Instance host = where.get(attempt);
    if (host == null) {
      own.stop(attempt, grace);
    } else if (byHost.containsKey(host.id())) {
      byHost.get(host.id()).stop(attempt, grace);
    }
  }

  @Override
  public void forget(AttemptId attempt) {
    Instance host = where.remove(attempt);
    if (host == null) {
      own.forget(attempt);
    } else if (byHost.containsKey(host.id())) {
      byHost.get(host.id()).forget(attempt);
    }
  }

  @Override
  public void close() {
    byHost.values().forEach(Executor::close);
    own.close();
  }
}
