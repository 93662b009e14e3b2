package dev.spillway.dispatch.fallback;

/**
 * What a step of an array came to.
 *
 * @param ended true when this step was its end: those that wait for it must be told
 */
public record ArrayStep(Journey journey, ArrayState array, boolean ended) {}
