package dev.spillway.lambda.function;

import java.time.InstantSource;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What the functions need from outside.
 *
 * @param random chooses between the versions of an alias that has two
 * @param ids gives UUIDs, for revisions
 */
public record FunctionPorts(
    FunctionStore store,
    CodeObjects objects,
    FunctionImages images,
    Runtimes runtimes,
    InstantSource clock,
    RandomGenerator random,
    Supplier<String> ids) {}
