package dev.spillway.dispatch.routing;

import java.util.OptionalDouble;

/**
 * What to expect when a task is sent to a route first, falling back from there included.
 *
 * @param cost USD at list prices, in the mean; what a failure here would pay twice is counted
 * @param finishSeconds from the submit until it is done, in the mean
 * @param risk chance that the route fails it: too long, out of memory, out of disk
 * @param lossRisk chance that its host is reclaimed while it runs
 * @param onTime chance to meet the deadline; empty without one
 */
public record Estimate(
    double cost, double finishSeconds, double risk, double lossRisk, OptionalDouble onTime) {}
