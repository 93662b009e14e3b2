/**
 * Foretells how long a task will run and what it will need, from the runs of its workload: {@link
 * dev.spillway.dispatch.routing.prediction.RunHistory} remembers them, {@link
 * dev.spillway.dispatch.routing.prediction.Forecaster} asks it.
 *
 * <p>Pure: imports only {@code java.lang} and {@code java.util}; it knows of no route and no price.
 */
package dev.spillway.dispatch.routing.prediction;
