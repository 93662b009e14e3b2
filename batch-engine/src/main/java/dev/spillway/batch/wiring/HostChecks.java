package dev.spillway.batch.wiring;

import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.execution.HostEngines;
import dev.spillway.batch.execution.HostExecutors;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Asks every registered host from time to time whether it is there. */
final class HostChecks implements Runnable {
  private static final Duration EVERY = Duration.ofSeconds(5);

  /** One answer that does not come says nothing. */
  private static final int MISSES = 2;

  private final EngineView view;
  private final HostEngines engines;
  private final HostExecutors executors;
  private final InstantSource clock;
  private final Consumer<CapacityEvent> listener;
  private final Map<String, Integer> missed = new HashMap<>();

  HostChecks(
      EngineView view,
      HostEngines engines,
      HostExecutors executors,
      InstantSource clock,
      Consumer<CapacityEvent> listener) {
    this.view = view;
    this.engines = engines;
    this.executors = executors;
    this.clock = clock;
    this.listener = listener;
  }

  @Override
  public void run() {
    try {
      while (true) {
        for (Instance host : view.instances()) {
          if (host.host().isPresent()) {
            check(host);
          }
        }
        Thread.sleep(EVERY);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // the engine stops
    }
  }

  private void check(Instance host) {
    if (engines.ask(host.host().orElseThrow()).isPresent()) {
      missed.remove(host.id());
      executors.back(host);
      if (host.phase() == Instance.Phase.UNREACHABLE) {
        listener.accept(new CapacityEvent.Up(host.id(), clock.instant()));
      }
    } else if (missed.merge(host.id(), 1, Integer::sum) >= MISSES
        && host.phase() == Instance.Phase.UP) {
      listener.accept(new CapacityEvent.Unreachable(host.id(), clock.instant()));
    }
  }
}
