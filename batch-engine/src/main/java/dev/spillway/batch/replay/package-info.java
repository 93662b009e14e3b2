/**
 * The engine in pretend time: what would the scheduler do with this work? {@link
 * dev.spillway.batch.replay.VirtualBatch} is for other modules, which give it environments, queues
 * and jobs with their run lengths and are told when each starts and ends; {@link
 * dev.spillway.batch.replay.VirtualEngine} under it takes every command. The step is the real one
 * ({@link dev.spillway.batch.engine.Engine}); there is no store, no clock and no executor.
 */
package dev.spillway.batch.replay;
