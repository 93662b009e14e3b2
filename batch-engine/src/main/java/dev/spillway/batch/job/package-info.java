/**
 * One job and every move it can make. Entry point: {@link dev.spillway.batch.job.JobLifecycle}.
 * Pure: imports only java.lang, java.util and java.time; no clock, no random, no I/O, no logging.
 */
package dev.spillway.batch.job;
