package dev.spillway.batch.engine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells subscribers what is on disk, from one thread of its own: a slow one delays no commit. */
public final class JobEventBus implements JobEvents, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobEventBus.class);

  private final List<Consumer<OutboxEvent>> listeners = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<List<OutboxEvent>> told = new LinkedBlockingQueue<>();
  private final Thread thread = Thread.ofVirtual().name("job-events").unstarted(this::run);

  public void start() {
    thread.start();
  }

  @Override
  public AutoCloseable subscribe(Consumer<OutboxEvent> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** Takes lines in their order; returns at once. */
  public void publish(List<OutboxEvent> changes) {
    told.add(changes);
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        for (OutboxEvent change : told.take()) {
          listeners.forEach(listener -> tell(listener, change));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void tell(Consumer<OutboxEvent> listener, OutboxEvent change) {
    try {
      listener.accept(change);
    } catch (RuntimeException e) {
      LOG.warn("A listener of job events failed at sequence {}", change.sequence(), e);
    }
  }
}
