/** An executor that plays scripts instead of running anything: for tests and benchmarks. */
package dev.spillway.batch.execution.scripted;
