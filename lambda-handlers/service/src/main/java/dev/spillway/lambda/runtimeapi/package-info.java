/**
 * Execution environments: worker processes that poll the Lambda Runtime API, and the warm pool of
 * them. Entry point: {@link dev.spillway.lambda.runtimeapi.LocalEnvironments}. Knows nothing of the
 * Invoke API.
 */
package dev.spillway.lambda.runtimeapi;
