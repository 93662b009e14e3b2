package dev.spillway.batch.computeenvironment;

/** How an environment chooses among its instance types. Source: API CRAllocationStrategy. */
public enum AllocationStrategy {
  BEST_FIT,
  BEST_FIT_PROGRESSIVE,
  BEST_FIT_PROGRESSIVE_ORDERED,
  SPOT_CAPACITY_OPTIMIZED,
  SPOT_PRICE_CAPACITY_OPTIMIZED,
  SPOT_CAPACITY_OPTIMIZED_PRIORITIZED
}
