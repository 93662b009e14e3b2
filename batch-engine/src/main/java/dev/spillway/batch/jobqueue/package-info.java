/** The AWS Batch resource: job queue. Changed only by commands of the engine. */
package dev.spillway.batch.jobqueue;
