package dev.spillway.batch.job;

/** How much of a consumable resource each attempt of a job holds. */
public record ConsumableNeed(String consumableResource, long quantity) {}
