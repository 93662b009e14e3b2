/**
 * Decides where a task can run: {@link dev.spillway.dispatch.routing.Router#plan} asks every rule
 * of every route and returns a {@link dev.spillway.dispatch.routing.RoutePlan}.
 *
 * <p>Pure: imports only {@code java.lang}, {@code java.util} and {@code java.time}; no clock, no
 * random, no I/O, no logging.
 */
package dev.spillway.dispatch.routing;
