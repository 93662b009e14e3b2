package dev.spillway.batch.wiring;

/**
 * Told when the store failed and the engine ended because of it. A server gives a bean of this kind
 * that ends the process, so that a restart recovers from the store.
 */
@FunctionalInterface
public interface EngineFailure {
  void engineFailed();
}
