/** The AWS Batch resource: job definition. Changed only by commands of the engine. */
package dev.spillway.batch.jobdefinition;
