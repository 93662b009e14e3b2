package dev.spillway.dispatch.task;

import java.util.Map;
import java.util.Optional;

/**
 * What a task's routes run, fixed at submit: a later change of the workload does not reach it.
 *
 * @param acceptsReference the function takes a payload over its limit as a reference
 * @param jobDefinition with its revision
 * @param parameters path into the payload by Batch parameter
 */
public record Target(
    Optional<String> functionName,
    boolean acceptsReference,
    Optional<String> jobDefinition,
    Map<String, String> parameters) {}
