package dev.spillway.handlers.sum;

import io.micronaut.serde.annotation.Serdeable;

/**
 * What to add up.
 *
 * @param to the largest of the numbers 1, 2, 3 ...; up to three thousand million
 */
@Serdeable
public record SumRequest(long to) {}
