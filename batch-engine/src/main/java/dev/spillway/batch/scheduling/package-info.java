/**
 * What starts now, where, and why the rest waits. Entry point: {@link
 * dev.spillway.batch.scheduling.Scheduler}. Pure: imports only java.lang, java.util and java.time.
 */
package dev.spillway.batch.scheduling;
