package dev.spillway.dispatch.routing;

/**
 * How busy a place is: a job queue, or a function.
 *
 * @param up true when an instance with room is up, or the function has a place free
 * @param waitSeconds that work sent now waits for a place, beyond any start
 * @param before jobs or calls that wait for a place and are served before it
 */
public record Load(boolean up, double waitSeconds, long before) {
  /** Nothing is known: as if nothing were there. */
  public static final Load UNKNOWN = new Load(false, 0, 0);
}
