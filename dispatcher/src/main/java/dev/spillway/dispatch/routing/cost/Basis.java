package dev.spillway.dispatch.routing.cost;

/**
 * The one odd thing about a price, for whoever puts it into words.
 *
 * @param instanceType that the price is of; empty where there is none
 * @param seconds that are billed beyond the run, or at least
 */
public record Basis(Kind kind, String instanceType, double seconds) {

  /** What is odd. */
  public enum Kind {
    /** Its part of an instance that is up anyway. */
    PART_OF_INSTANCE,
    /** The whole of a new one, from its start until it has been idle. */
    NEW_INSTANCE,
    /** The run is shorter than what is billed at least. */
    LEAST_BILLED,
    /** No price of it is known. */
    UNPRICED
  }
}
