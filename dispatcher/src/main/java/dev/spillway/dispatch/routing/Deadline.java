package dev.spillway.dispatch.routing;

/**
 * When a task is to be done.
 *
 * @param secondsLeft from the moment of planning; negative when it has passed
 * @param probability that it is done by then, over 0 and under 1
 */
public record Deadline(double secondsLeft, double probability) {}
