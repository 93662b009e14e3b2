/**
 * Instances: which types there are and what they cost, when a compute environment launches and
 * retires some, who makes them. Entry points: {@link dev.spillway.batch.capacity.Scaling} decides,
 * {@link dev.spillway.batch.capacity.InstanceProvider} acts.
 */
package dev.spillway.batch.capacity;
