/** The AWS Batch resource: compute environment. Changed only by commands of the engine. */
package dev.spillway.batch.computeenvironment;
