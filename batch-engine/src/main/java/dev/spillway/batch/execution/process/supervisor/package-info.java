/**
 * The supervisor: a JVM of its own, small and with the JDK alone, that forks, reaps, records.
 *
 * <p>Read {@code SupervisorMain} for the parts, {@code Children} for what is known of a process,
 * {@code Spawner} and {@code Slot} for how it is forked, {@code Enclosure} for what holds it,
 * {@code Recorder} for when an end may be told. Must not import: Micronaut, a logging library, a
 * JSON library, or anything of the engine but the port {@link
 * dev.spillway.batch.execution.process.ProcessSupervisor}; its class path is this module alone.
 */
package dev.spillway.batch.execution.process.supervisor;
