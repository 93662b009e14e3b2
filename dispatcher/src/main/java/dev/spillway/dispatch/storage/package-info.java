/**
 * The embedded S3: a kept library over a folder, with its store wrapped so that everything that
 * changes an object passes one class.
 *
 * <p>Entry point: {@link dev.spillway.dispatch.storage.LocalS3}. Imports nothing of tasks, stacks
 * or the command line.
 */
package dev.spillway.dispatch.storage;
