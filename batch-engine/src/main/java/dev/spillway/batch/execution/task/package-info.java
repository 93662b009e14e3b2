/**
 * Attempts of more than one container: {@link dev.spillway.batch.execution.task.TaskFactory} reads
 * them from a job, {@code TaskProgress} decides what comes next, {@link
 * dev.spillway.batch.execution.task.TaskExecutor} has it done by the {@link
 * dev.spillway.batch.execution.Executor} beneath. An attempt of one container passes through.
 *
 * <p>Must not import: a runner.
 */
package dev.spillway.batch.execution.task;
