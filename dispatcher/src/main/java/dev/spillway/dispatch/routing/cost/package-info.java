/**
 * What a place charges for a run: {@link dev.spillway.dispatch.routing.cost.Tariffs} makes of list
 * prices, sizes and start-up times a {@link dev.spillway.dispatch.routing.cost.Tariff}, a price as
 * a function of duration.
 *
 * <p>Pure: imports only {@code java.lang}, {@code java.util} and {@code java.time}; it knows of no
 * task and no history.
 */
package dev.spillway.dispatch.routing.cost;
