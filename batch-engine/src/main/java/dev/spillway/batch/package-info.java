/**
 * A Batch engine: library and the AWS Batch wire API. Entry points: {@link
 * dev.spillway.batch.api.BatchOperations} (every call), {@link
 * dev.spillway.batch.engine.EngineLifecycle} (start, stop), {@link
 * dev.spillway.batch.engine.JobEvents} (what happened). Knows nothing of the dispatcher.
 */
package dev.spillway.batch;
