/**
 * Reads {@code sam-template.yaml} and applies it here.
 *
 * <p>Entry points: {@link dev.spillway.dispatch.stack.Template} (text to resolved resources),
 * {@link dev.spillway.dispatch.stack.StackReader} (resources to functions, Batch resources and
 * workloads), {@link dev.spillway.dispatch.stack.StackApplication} (makes them so). Imports no HTTP
 * and no command line.
 */
package dev.spillway.dispatch.stack;
