/**
 * The AWS Lambda wire API, and one-shot invokes for the command line. Must not see the inside of
 * {@code runtimeapi}.
 */
package dev.spillway.lambda.invoke;
