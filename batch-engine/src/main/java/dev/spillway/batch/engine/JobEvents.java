package dev.spillway.batch.engine;

import java.util.function.Consumer;

/** The engine's in-process event stream. */
public interface JobEvents {

  /** Calls {@code listener} for every change from now on, from one thread, in sequence. */
  AutoCloseable subscribe(Consumer<OutboxEvent> listener);
}
