/**
 * What lets one handler be both a Lambda function and a Batch job.
 *
 * <p>Entry points: {@link dev.spillway.handlers.workload.WorkloadHandler} (extend it), {@link
 * dev.spillway.handlers.workload.BatchMain} (a container's main), {@link
 * dev.spillway.handlers.workload.LambdaRuntimeMain} (Micronaut's own Lambda runtime; under the AWS
 * Java runtime interface client the handler class itself is the entry point). Knows no workload and
 * nothing of Spillway's servers: what a hop hands over is read from the environment alone.
 */
package dev.spillway.handlers.workload;
