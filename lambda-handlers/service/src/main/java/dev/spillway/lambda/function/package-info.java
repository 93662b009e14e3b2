/**
 * The functions there are, what a call must be, and who may call now. Entry point: {@link
 * dev.spillway.lambda.function.LocalFunctionService}. Must not see {@code runtimeapi}: what runs
 * calls is the port {@link dev.spillway.lambda.function.Environments}.
 */
package dev.spillway.lambda.function;
