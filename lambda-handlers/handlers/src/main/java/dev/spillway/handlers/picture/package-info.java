/**
 * Pictures made smaller, in a memory that does not grow with the picture.
 *
 * <p>Entry point: {@link dev.spillway.handlers.picture.Renditions}. Shared by the workloads that
 * make pictures; knows no workload and no object store, only files.
 */
package dev.spillway.handlers.picture;
