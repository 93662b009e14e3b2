package dev.spillway.batch.capacity;

import java.util.function.Consumer;

/**
 * Makes instances. All calls return at once; what happens comes back as {@link CapacityEvent}s,
 * from any thread, at least once each.
 */
public interface InstanceProvider extends AutoCloseable {

  /** Where events go. Called once, before anything else. */
  void listen(Consumer<CapacityEvent> listener);

  /** Makes it; harmless when that was asked before. Also asked for those that were LAUNCHING. */
  void launch(Instance instance);

  /** Ends it. Nothing runs on it any more. Harmless when it is gone. */
  void terminate(Instance instance);

  @Override
  void close();
}
