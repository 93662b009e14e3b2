/**
 * What would my work cost? Replays a trace through the real router, its forecasts, the real
 * fallback and, where places are limited, the Batch engine's own scheduler in virtual time, beside
 * simple policies and the oracle: {@link dev.spillway.dispatch.simulate.Simulation}. Of the Batch
 * engine it sees only {@code dev.spillway.batch.replay.VirtualBatch} and what that tells.
 */
package dev.spillway.dispatch.simulate;
