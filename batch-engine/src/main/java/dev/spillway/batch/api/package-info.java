/**
 * The AWS Batch API: {@link dev.spillway.batch.api.BatchOperations} for callers in this process,
 * {@link dev.spillway.batch.api.BatchController} for those on the wire.
 */
package dev.spillway.batch.api;
