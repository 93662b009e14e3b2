package dev.spillway.batch.engine;

/** Starts and stops the engine; the server decides when. */
public interface EngineLifecycle {

  /**
   * Opens the store, adopts what still runs, and begins to take commands. Returns when all of that
   * is done.
   *
   * <p>Called once in the life of this object.
   *
   * @throws IllegalStateException when another server writes this data folder; names its process id
   */
  void start();

  /** Finishes the commands it has, and closes the store. Jobs that run go on running. */
  void stop();

  /** True between {@link #start} and {@link #stop}, unless the store failed. */
  boolean running();
}
