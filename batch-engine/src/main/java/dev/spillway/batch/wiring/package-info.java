/** The only place that sees ports and adapters together. */
package dev.spillway.batch.wiring;
