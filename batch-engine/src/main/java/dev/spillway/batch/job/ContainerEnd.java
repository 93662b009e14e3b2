package dev.spillway.batch.job;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How one container of an attempt ended that has several.
 *
 * @param node 0, unless the job has several nodes
 * @param name empty when its node has one container
 * @param exitCode empty when it never ran, or its end was not seen
 */
public record ContainerEnd(
    int node, Optional<String> name, OptionalInt exitCode, Optional<String> reason) {}
