package dev.spillway.batch.capacity;

/**
 * An instance type that can be had now.
 *
 * @param nanos what an hour costs now, billionths of a dollar
 */
public record Offer(InstanceType type, long nanos) {}
