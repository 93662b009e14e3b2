/**
 * Attempts as processes of this host: {@link dev.spillway.batch.execution.process.ProcessExecutor}
 * decides what may run and how it is reported, {@link
 * dev.spillway.batch.execution.process.SupervisorClient} talks to the supervisor over a Unix-domain
 * socket, and {@code supervisor/} is the supervisor itself.
 *
 * <p>The supervisor outlives the server: a killed server's jobs go on, their ends are kept on disk,
 * and the next server finds both. Under systemd that needs {@code KillMode=process}.
 *
 * <p>No containers: processes have limits and temporary folders of their own where the host lets
 * us, and share its file system, network and process table.
 */
package dev.spillway.batch.execution.process;
