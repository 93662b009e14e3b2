package dev.spillway.handlers.sum;

import io.micronaut.serde.annotation.Serdeable;

/**
 * The sum.
 *
 * @param nodes how many added it up; a node that is not the main one tells its own part
 */
@Serdeable
public record SumResult(long to, int nodes, int node, long sum) {}
