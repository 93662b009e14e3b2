/**
 * The {@code spillway} command: picocli commands over the HTTP API. Only {@code serve}, {@code run}
 * (its server is a child process) and {@code invoke} start anything.
 *
 * <p>Entry point: {@link dev.spillway.dispatch.cli.Main}. Results go to standard output, progress
 * to standard error.
 */
package dev.spillway.dispatch.cli;
