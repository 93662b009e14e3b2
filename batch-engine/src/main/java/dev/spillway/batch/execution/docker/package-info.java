/**
 * Attempts as containers: {@link dev.spillway.batch.execution.docker.DockerExecutor} runs them,
 * {@link dev.spillway.batch.execution.docker.DockerEngine} finds the engine, {@link
 * dev.spillway.batch.execution.docker.DockerNetwork} is the bridge on which containers reach the
 * server.
 *
 * <p>Everything made on the engine carries the data folder's id as a label, and only what carries
 * it is ever touched. Must not import: the process runner.
 */
package dev.spillway.batch.execution.docker;
