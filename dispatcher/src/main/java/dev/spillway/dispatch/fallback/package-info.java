/**
 * Walks a plan, hop by hop: {@link dev.spillway.dispatch.fallback.Fallback#step} takes a task's
 * journey and what happened, and returns the new journey and what must be done.
 *
 * <p>Pure: imports only {@code java.lang}, {@code java.util}, {@code java.time} and {@code
 * routing}. Wake-ups are data in the journey, so nothing sleeps and a restart forgets none.
 */
package dev.spillway.dispatch.fallback;
