package dev.spillway.batch.capacity;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Instances that are backed by this host: they cost nothing and come up after a delay. The engine's
 * host slots see to it that together they promise more than the host has without overloading it.
 */
public final class LocalProvider implements InstanceProvider {
  private final Duration launchDelay;
  private final InstantSource clock;
  private final Set<String> launching = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService delays =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("instance-launches").factory());
  private volatile Consumer<CapacityEvent> listener;

  public LocalProvider(Duration launchDelay, InstantSource clock) {
    this.launchDelay = launchDelay;
    this.clock = clock;
  }

  @Override
  public void listen(Consumer<CapacityEvent> events) {
    listener = events;
  }

  @Override
  public void launch(Instance instance) {
    if (!launching.add(instance.id())) {
      return;
    }
    if (launchDelay.isZero()) {
      up(instance.id());
    } else {
      delays.schedule(() -> up(instance.id()), launchDelay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void up(String id) {
    if (launching.remove(id)) {
      listener.accept(new CapacityEvent.Up(id, clock.instant()));
    }
  }

  @Override
  public void terminate(Instance instance) {
    launching.remove(instance.id());
  }

  @Override
  public void close() {
    delays.shutdownNow();
  }
}
