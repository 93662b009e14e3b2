package dev.spillway.dispatch.routing.cost;

/**
 * Which prices were gone by.
 *
 * @param region that they hold in
 * @param compiled the day on which they were, {@code 2026-11-21}
 */
public record PriceList(String region, String compiled) {}
