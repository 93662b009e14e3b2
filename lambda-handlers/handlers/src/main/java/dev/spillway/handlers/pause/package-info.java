/** The workload {@code pause}: it only waits, to try time-outs and fallbacks with. */
package dev.spillway.handlers.pause;
