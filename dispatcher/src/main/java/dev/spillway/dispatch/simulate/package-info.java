/**
 * What would my work cost? Replays a trace through the real router, its forecasts and the real
 * fallback in virtual time, beside simple policies and the oracle: {@link
 * dev.spillway.dispatch.simulate.Simulation}.
 */
package dev.spillway.dispatch.simulate;
